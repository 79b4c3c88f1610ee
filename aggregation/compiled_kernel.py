"""The kernel for large fits: loops compiled by numba (cached on disk); imported only when chosen."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN, Answers, Codes
from aggregation.compiled import compiled
from aggregation.compiled_layout import by_rarest_worker, lay_out_in_order, share_votes
from aggregation.compiled_rows import add_to_rows, multiply_rows, share_rows, sum_rows
from aggregation.consensus import Floats
from aggregation.history import Cells
from aggregation.kernel import Arranged, Counted, Step
from aggregation.pairs import Pairs
from aggregation.votes import label_shares

# Items worked on at a time hold about this many numbers: step after step reads them from the nearest cache.
STRIP = 2**12
# So many mantissas, each below 2, have a product inside float64.
LONGEST = 512

# Numbers of a table that stay in the cache of a core, more or less.
NEAR = 2**16

# A product of this many probabilities, each above the loop's floor of 1e-30, stays inside float64.
BLOCK = 8
SMALLEST = 1e-300

# How a float64 number lies in memory: the exponent above so many bits of fraction, and what stands for 1.
FRACTION = 52
ONE = 1023 << FRACTION
LOG2 = float(np.log(2.0))

# A share this small adds nothing to the counts of float64 numbers that matter (the least is 1e-10).
NOTHING = 1e-26

# Columns of a wide table that are worked on at a time.
WIDE = 16

# The mass is added up in so many sums, by turns: in one, each addition would wait for the last.
LANES = np.arange(4, dtype=np.int32)

Width = tuple[int, ...]


class Layout(NamedTuple):
    """What stays the same from pass to pass."""

    start: NDArray[np.int64]
    code: Codes
    known: Codes
    special: NDArray[np.int64]
    """Items, ascending, whose posterior is not to be computed: gold, and items nobody answered."""


class Columns(NamedTuple):
    """How the columns of a table are taken: some wide steps, then the rest.

    Given as tuples of these lengths, which the compiler knows: it leaves wide steps out where there are none.
    """

    wide: Width
    rest: Width

    @classmethod
    def of(cls, labels: int) -> Columns:
        """Return the steps that cover all labels."""
        return cls((0,) * (WIDE if labels >= WIDE else 0), (0,) * (labels % WIDE))


class CompiledKernel:
    """Multiplies probabilities, not logarithms: one sweep for the posterior, one for the counts.

    One sweep for both would read the answers once less, but then two tables compete for the cache.
    """

    def __init__(self, pairs: Pairs, known: Codes) -> None:
        special = np.flatnonzero((known != UNKNOWN) | ~pairs.answered)
        self._layout = Layout(pairs.start, pairs.code, known, special)
        self._label = pairs.label
        self._shape = (len(pairs.worker), pairs.shape[2])
        self._columns = Columns.of(pairs.shape[2])

    @staticmethod
    def divide(pairs: Pairs, counts: Floats, smoothing: float, clip: float) -> None:
        """Make each worker's counts into shares, in place."""
        _divide(counts, pairs.first, smoothing, clip)

    @staticmethod
    def lay_out(answers: Answers, past: Cells | None) -> Pairs:
        """Return the pairs of answers."""
        found = lay_out_in_order(answers) if past is None else None
        return found or Pairs.of(answers, past)

    @staticmethod
    def arrange(pairs: Pairs) -> Arranged:
        """Put items with the same rarest worker side by side, unless all rows stay in the cache anyway."""
        return by_rarest_worker(pairs) if len(pairs.worker) * pairs.shape[2] > NEAR else Arranged(pairs)

    def start(self) -> Floats:
        """Return the vote shares."""
        layout, labels = self._layout, self._shape[1]
        shares = np.zeros((len(layout.known), labels))
        share_votes(layout.start, layout.code, self._label, shares)
        told = layout.known[layout.special]
        gold, silent = layout.special[told != UNKNOWN], layout.special[told == UNKNOWN]
        shares[gold] = 0.0
        shares[gold, layout.known[gold]] = 1.0
        if len(silent):
            shares[silent] = label_shares(self._label[layout.code], labels)
        return shares

    def collect(self, posterior: Floats) -> Counted:
        """Count a posterior."""
        counts, mass = np.zeros(self._shape), np.zeros((len(LANES), self._shape[1]))
        _collect(self._layout, posterior, counts, mass, self._columns)
        return Counted(counts, mass.sum(axis=0))

    def expect(self, table: Floats, prior: Floats, posterior: Floats) -> Step:
        """Overwrite the posterior with the one under `table` and `prior`."""
        likelihood, change = _expect(self._layout, table, prior[None], posterior, self._columns)
        return Step(float(likelihood), float(change))


@compiled
def _divide(counts: Floats, first: NDArray[np.int64], smoothing: float, clip: float) -> None:
    """Divide what each worker answered by its sum, label by label of the truth."""
    given, lowest = np.empty(counts.shape[1]), 0.0 if smoothing > 0 else clip
    for rank in range(len(first)):
        begin, end = first[rank], first[rank + 1] if rank + 1 < len(first) else len(counts)
        given[:] = smoothing * len(given)
        for pair in range(begin, end):
            for k in range(len(given)):
                given[k] += max(counts[pair, k], lowest)
        for k in range(len(given)):
            given[k] = 1.0 / given[k]
        for pair in range(begin, end):
            for k in range(len(given)):
                counts[pair, k] = (max(counts[pair, k], clip) + smoothing) * given[k]


@compiled
def _whole(table: Floats, columns: Columns) -> int:
    """Return how many columns of a table the wide steps cover."""
    return table.shape[1] - len(columns.rest) if len(columns.wide) else 0


@compiled
def _collect(layout: Layout, posterior: Floats, counts: Floats, mass: Floats, columns: Columns) -> None:
    """Add each answered item's posterior to the mass and to the counts of the pairs it was answered with."""
    whole = _whole(posterior, columns)
    for item in range(len(posterior)):
        begin, end = layout.start[item], layout.start[item + 1]
        if begin == end:
            continue
        lane = item % len(LANES)
        for column in range(0, whole, WIDE):
            # With many labels most shares are nothing, and their counts far away in memory.
            if _largest(posterior, item, column, columns.wide) > NOTHING:
                add_to_rows(posterior, item, mass, LANES, lane, lane + 1, column, columns.wide)
                add_to_rows(posterior, item, counts, layout.code, begin, end, column, columns.wide)
        if whole == 0 or _largest(posterior, item, whole, columns.rest) > NOTHING:
            add_to_rows(posterior, item, mass, LANES, lane, lane + 1, whole, columns.rest)
            add_to_rows(posterior, item, counts, layout.code, begin, end, whole, columns.rest)


@compiled
def _expect(
    layout: Layout, table: Floats, prior: Floats, posterior: Floats, columns: Columns
) -> tuple[float, float]:
    """Overwrite the posterior, strip by strip; return the log likelihood and the largest change."""
    strip = min(max(STRIP // posterior.shape[1], 1), LONGEST)
    joint, evidence, mantissa = np.empty((strip, posterior.shape[1])), np.empty(strip), np.empty(strip)
    likelihood, changes, met = 0.0, np.zeros((1, posterior.shape[1])), 0
    for first in range(0, len(posterior), strip):
        size = min(strip, len(posterior) - first)
        bounds = layout.start[first : first + size + 1]
        likelihood += _multiply(bounds, layout.code, table, prior, joint, columns)
        _sum_up(joint, evidence[:size], columns)
        while met < len(layout.special) and layout.special[met] < first + size:
            likelihood += _settle(layout, layout.special[met], first, joint, evidence, posterior)
            met += 1
        likelihood += _sum_of_logs(evidence[:size], mantissa[:size])
        _share_out(joint, evidence, posterior[first : first + size], changes, columns)
    return likelihood, changes.max()


@compiled
def _sum_up(joint: Floats, evidence: Floats, columns: Columns) -> None:
    """Set the evidence for each item of a strip."""
    whole = _whole(joint, columns)
    for column in range(0, whole, WIDE):
        sum_rows(joint, evidence, 0, len(evidence), column, columns.wide)
    sum_rows(joint, evidence, 0, len(evidence), whole, columns.rest)


@compiled
def _multiply(
    bounds: NDArray[np.int64], code: Codes, table: Floats, prior: Floats, joint: Floats, columns: Columns
) -> float:
    """Multiply up the probability of some items' answers; return the logarithms of what was taken out."""
    whole, taken = _whole(joint, columns), 0.0
    for row in range(len(bounds) - 1):
        begin, end = bounds[row], bounds[row + 1]
        stop = min(begin + BLOCK, end)
        for column in range(0, whole, WIDE):
            multiply_rows(joint, row, prior, 0, table, code, begin, stop, column, columns.wide)
        multiply_rows(joint, row, prior, 0, table, code, begin, stop, whole, columns.rest)
        while stop < end:
            taken += _rescale(joint, row)
            begin, stop = stop, min(stop + BLOCK, end)
            for column in range(0, whole, WIDE):
                multiply_rows(joint, row, joint, row, table, code, begin, stop, column, columns.wide)
            multiply_rows(joint, row, joint, row, table, code, begin, stop, whole, columns.rest)
    return taken


@compiled
def _rescale(joint: Floats, row: int) -> float:
    """Divide by the largest entry, so that long products stay inside float64; return its logarithm."""
    peak = 0.0
    for k in range(joint.shape[1]):
        peak = max(peak, joint[row, k])
    for k in range(joint.shape[1]):
        joint[row, k] = max(joint[row, k] / peak, SMALLEST)
    return float(np.log(peak))


@compiled
def _settle(
    layout: Layout, item: int, first: int, joint: Floats, evidence: Floats, posterior: Floats
) -> float:
    """Make a gold label certain, leave an item without answers as it is; return the log evidence."""
    row, known, likelihood = item - first, layout.known[item], 0.0
    evidence[row] = 1.0
    if layout.start[item] == layout.start[item + 1]:
        joint[row] = posterior[item]
    else:
        likelihood = np.log(joint[row, known])
        joint[row] = 0.0
        joint[row, known] = 1.0
    return likelihood


@compiled
def _sum_of_logs(numbers: Floats, mantissa: Floats) -> float:
    """Add up exponents and multiply mantissas, so that one logarithm does."""
    bits, fraction, exponent = numbers.view(np.int64), mantissa.view(np.int64), 0
    for row in range(len(bits)):
        exponent += (bits[row] - ONE) >> FRACTION
        fraction[row] = bits[row] & (2**FRACTION - 1) | ONE
    return float(np.log(_product(mantissa)) + exponent * LOG2)


@compiled
def _share_out(joint: Floats, evidence: Floats, posterior: Floats, changes: Floats, columns: Columns) -> None:
    """Overwrite the posterior of a strip, and raise each label's largest change."""
    whole, size = _whole(joint, columns), len(posterior)
    for row in range(size):
        evidence[row] = 1.0 / evidence[row]
    for column in range(0, whole, WIDE):
        share_rows(joint, evidence, posterior, changes, 0, size, column, columns.wide)
    share_rows(joint, evidence, posterior, changes, 0, size, whole, columns.rest)


def _multiplied(numbers: Floats) -> float:
    product = 1.0
    for number in numbers:
        product *= number
    return product


def _peak(posterior: Floats, item: int, column: int, width: Width) -> float:
    largest = 0.0
    for k in range(len(width)):
        largest = max(largest, posterior[item, column + k])
    return largest


_product = compiled(_multiplied, reorder=True)
_largest = compiled(_peak, reorder=True)
