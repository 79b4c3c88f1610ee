"""The kernel for large fits: one fused loop compiled by numba (cached on disk); imported only when chosen."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Codes
from aggregation.consensus import Floats
from aggregation.kernel import Expectation
from aggregation.pairs import Pairs

# A product of this many probabilities, each above the loop's floor of 1e-30, stays inside float64.
BLOCK = 8
SMALLEST = 1e-300

# Logarithms are slow: evidence is multiplied up until the product falls below this.
SMALL = 1e-150

# A share this small adds nothing to the counts of float64 numbers that matter (the least is 1e-10).
NOTHING = 1e-26

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function, *, reorder: bool = False) -> Function:
    """Compile a function, keeping its type; nothing here is infinite.

    Sums are reordered only where asked for: over the few answers of an item that makes vector loops, which
    take three times as long as plain ones.
    """
    relaxed = {"contract", "nsz", "nnan"} | ({"reassoc"} if reorder else set())
    compile_it = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=relaxed)
    return cast("Function", compile_it(function))


class Layout(NamedTuple):
    """What stays the same from pass to pass."""

    start: NDArray[np.uint64]
    code: NDArray[np.uint32]
    known: Codes


class Sums(NamedTuple):
    """What a pass adds up."""

    counts: Floats
    mass: Floats


Sweep = Callable[[Layout, Floats, Floats, Floats, Sums], tuple[float, float]]


class CompiledKernel:
    """Multiplies probabilities, not logarithms, and collects the counts of an item while it is in cache."""

    def __init__(self, pairs: Pairs, known: Codes) -> None:
        # Without a sign, no index has to be checked for counting from the end.
        self._layout = Layout(pairs.start.view(np.uint64), pairs.code.view(np.uint32), known)
        self._shape = (len(pairs.worker), pairs.shape[2])
        self._sweep = sweep_for(pairs.shape[2])

    def collect(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Return the counts and the mass of a posterior."""
        sums = self._zeros()
        _collect(self._layout, posterior, sums)
        return sums.counts, sums.mass

    def expect(self, table: Floats, prior: Floats, posterior: Floats) -> Expectation:
        """Overwrite the posterior with the one under `table` and `prior`."""
        sums = self._zeros()
        likelihood, change = self._sweep(self._layout, table, prior, posterior, sums)
        return Expectation(sums.counts, sums.mass, float(likelihood), float(change))

    def _zeros(self) -> Sums:
        return Sums(np.zeros(self._shape), np.zeros(self._shape[1]))


def _sum(joint: Floats) -> float:
    total = 0.0
    for k in range(len(joint)):
        total += joint[k]
    return total


_total = compiled(_sum, reorder=True)


@compiled
def _collect(layout: Layout, posterior: Floats, sums: Sums) -> None:
    start, code, _ = layout
    counts, mass = sums
    for item in range(np.uint64(len(start) - 1)):
        begin, end = start[item], start[item + np.uint64(1)]
        for k in range(len(mass) if begin < end else 0):
            share = posterior[item, k]
            mass[k] += share
            for n in range(begin, end if share > NOTHING else begin):
                counts[code[n], k] += share


@cache
def sweep_for(labels: int) -> Sweep:  # noqa: C901
    """Return the pass over all items for a fixed number of labels, so that the loops over them unroll.

    One function on purpose: split up, the compiler no longer knows the number and takes twice the time.
    """
    if labels == 2:
        return _sweep_two

    @compiled
    def sweep(  # noqa: C901
        layout: Layout, table: Floats, prior: Floats, posterior: Floats, sums: Sums
    ) -> tuple[float, float]:
        start, code, known = layout
        counts, mass = sums
        joint = np.empty(labels)
        likelihood, product, change = 0.0, 1.0, 0.0
        for item in range(np.uint64(len(start) - 1)):
            begin, end = start[item], start[item + np.uint64(1)]
            if begin == end:
                continue
            for k in range(labels):
                joint[k] = prior[k]
            room = BLOCK
            for n in range(begin, end):
                for k in range(labels):
                    joint[k] *= table[code[n], k]
                room -= 1
                if room == 0:
                    likelihood += _rescale(joint)
                    room = BLOCK
            evidence = _settle(joint, known[item]) if known[item] >= 0 else _total(joint)
            scale = 1.0 / evidence if known[item] < 0 else 1.0
            if evidence < SMALL:
                likelihood += np.log(evidence)
            else:
                product *= evidence
            if product < SMALL:
                likelihood += np.log(product)
                product = 1.0
            for k in range(labels):
                share = joint[k] * scale
                change = max(change, abs(share - posterior[item, k]))
                posterior[item, k] = share
                mass[k] += share
                for n in range(begin, end if share > NOTHING else begin):
                    counts[code[n], k] += share
        return likelihood + np.log(product), change

    return sweep


@compiled
def _sweep_two(
    layout: Layout, table: Floats, prior: Floats, posterior: Floats, sums: Sums
) -> tuple[float, float]:
    """Do what `sweep_for` does for two labels, with everything of an item in registers: twice as fast."""
    start, code, known = layout
    counts, mass = sums
    likelihood, product, change = 0.0, 1.0, 0.0
    for item in range(np.uint64(len(start) - 1)):
        begin, end = start[item], start[item + np.uint64(1)]
        if begin == end:
            continue
        one, two, room = prior[0], prior[1], BLOCK
        for n in range(begin, end):
            one *= table[code[n], 0]
            two *= table[code[n], 1]
            room -= 1
            if room == 0:
                peak, room = max(one, two), BLOCK
                one, two = max(one / peak, SMALLEST), max(two / peak, SMALLEST)
                likelihood += np.log(peak)
        evidence = one + two
        scale = 1.0 / evidence
        if known[item] >= 0:
            evidence, scale = one if known[item] == 0 else two, 1.0
            one, two = (1.0, 0.0) if known[item] == 0 else (0.0, 1.0)
        one, two = one * scale, two * scale
        if evidence < SMALL:
            likelihood += np.log(evidence)
        else:
            product *= evidence
        if product < SMALL:
            likelihood += np.log(product)
            product = 1.0
        change = max(change, abs(one - posterior[item, 0]), abs(two - posterior[item, 1]))
        posterior[item, 0], posterior[item, 1] = one, two
        mass[0] += one
        mass[1] += two
        for n in range(begin, end):
            counts[code[n], 0] += one
            counts[code[n], 1] += two
    return likelihood + np.log(product), change


@compiled
def _rescale(joint: Floats) -> float:
    """Divide by the largest entry, so that long products stay inside float64; return its logarithm."""
    peak = joint.max()
    for k in range(len(joint)):
        joint[k] = max(joint[k] / peak, SMALLEST)
    return float(np.log(peak))


@compiled
def _settle(joint: Floats, known: int) -> float:
    """Make the known label certain; return its evidence."""
    evidence = joint[known]
    joint[:] = 0.0
    joint[known] = 1.0
    return float(evidence)
