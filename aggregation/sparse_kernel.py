"""The kernel for everyone: SciPy's sparse products, nothing to compile."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN, Answers, Codes
from aggregation.consensus import Floats, clamp
from aggregation.history import Cells
from aggregation.kernel import Arranged, Counted, Step
from aggregation.pairs import Pairs, divide_by_worker
from aggregation.votes import shares_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Items worked on at a time hold about this many numbers: as much as fits in cache.
BLOCK = 2**16

# With at most so many answers an item, and the loop's floor of 1e-30, a product of probabilities stays inside
# float64 as it is.
SHORT = 8


class Block(NamedTuple):
    """Some items that are worked on together."""

    items: slice
    rows: csr_array
    """Answers by item and pair."""
    gold: NDArray[np.intp]
    label: Codes
    """Of the gold."""
    weight: Floats
    """1 for each answered item, 0 for the others."""
    short: bool

    @classmethod
    def of(cls, items: slice, rows: csr_array, known: Codes) -> Block:
        """Cut the items out of the rows of all."""
        gold = np.flatnonzero(known[items] != UNKNOWN)
        answers = np.diff(rows.indptr[items.start : items.stop + 1])
        label, weight = known[items][gold], (answers > 0).astype(np.float64)
        return cls(items, rows[items], gold, label, weight, bool(answers.max(initial=0) <= SHORT))


class SparseKernel:
    """Two sparse products per pass: answers x pairs to add logarithms, its transpose to collect counts."""

    def __init__(self, pairs: Pairs, known: Codes) -> None:
        from scipy import sparse

        self._pairs, self._known = pairs, known
        items, _, labels = pairs.shape
        step = max(BLOCK // max(labels, 1), 1)
        entries = (np.ones(len(pairs.code)), pairs.code, pairs.start.astype(np.int32))
        self._rows = sparse.csr_array(entries, shape=(items, len(pairs.worker)))
        self._blocks = [
            Block.of(slice(begin, min(begin + step, items)), self._rows, known)
            for begin in range(0, items, step)
        ]

    @staticmethod
    def divide(pairs: Pairs, counts: Floats, smoothing: float, clip: float) -> None:
        """Make each worker's counts into shares, in place."""
        divide_by_worker(pairs, counts, smoothing, clip)

    @staticmethod
    def lay_out(answers: Answers, past: Cells | None) -> Pairs:
        """Return the pairs of answers."""
        return Pairs.of(answers, past)

    @staticmethod
    def arrange(pairs: Pairs) -> Arranged:
        """Leave items as they stand."""
        return Arranged(pairs)

    def start(self) -> Floats:
        """Return the vote shares."""
        pairs, (items, _, labels) = self._pairs, self._pairs.shape
        item = np.repeat(np.arange(items, dtype=np.int32), np.diff(pairs.start))
        return clamp(shares_of(item, pairs.label[pairs.code], items=items, labels=labels), self._known)

    def collect(self, posterior: Floats) -> Counted:
        """Count a posterior."""
        mass = np.zeros(posterior.shape[1])
        for block in self._blocks:
            mass += block.weight @ posterior[block.items]
        counts: Floats = np.asarray(self._rows.T @ posterior)
        return Counted(counts, mass)

    def expect(self, table: Floats, prior: Floats, posterior: Floats) -> Step:
        """Overwrite the posterior with the one under `table` and `prior`."""
        logs, log_prior = np.log(table), np.log(prior)
        likelihood, change = 0.0, 0.0
        for block in self._blocks:
            # By label, then item: NumPy is slow along short rows.
            joint = np.ascontiguousarray((block.rows @ logs).T)
            joint += log_prior[:, None]
            likelihood += float((_normalise(joint, block) * block.weight).sum())
            before = posterior[block.items].T
            moved = np.abs(joint - before).max(axis=0) * block.weight
            change = max(change, float(moved.max(initial=0.0)))
            before[:] = joint
        return Step(likelihood, change)


def _normalise(joint: Floats, block: Block) -> Floats:
    """Turn logarithms into probabilities, in place, gold into certainty; return each item's log evidence."""
    at_gold = joint[block.label, block.gold]
    peak: Floats = np.zeros(joint.shape[1]) if block.short else joint.max(axis=0)
    if not block.short:
        joint -= peak
    np.exp(joint, out=joint)
    total = joint.sum(axis=0)
    joint *= 1.0 / total
    evidence: Floats = peak + np.log(total)
    evidence[block.gold] = at_gold
    joint[:, block.gold] = 0.0
    joint[block.label, block.gold] = 1.0
    return evidence
