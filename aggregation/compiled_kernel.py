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

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function, keeping its type; sums may be reordered, nothing here is infinite."""
    relaxed = {"reassoc", "contract", "nsz", "nnan"}
    compile_it = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=relaxed)
    return cast("Function", compile_it(function))


class Layout(NamedTuple):
    """What stays the same from pass to pass."""

    start: NDArray[np.int64]
    code: Codes
    known: Codes


class Sums(NamedTuple):
    """What a pass adds up."""

    counts: Floats
    mass: Floats


Sweep = Callable[[Layout, Floats, Floats, Floats, Sums], tuple[float, float]]


class CompiledKernel:
    """Multiplies probabilities, not logarithms, and collects the counts of an item while it is in cache."""

    def __init__(self, pairs: Pairs, known: Codes) -> None:
        self._layout = Layout(pairs.start, pairs.code, known)
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


@compiled
def _collect(layout: Layout, posterior: Floats, sums: Sums) -> None:
    for item in range(len(layout.start) - 1):
        begin, end = layout.start[item], layout.start[item + 1]
        if begin == end:
            continue
        for k in range(len(sums.mass)):
            sums.mass[k] += posterior[item, k]
            for n in range(begin, end):
                sums.counts[layout.code[n], k] += posterior[item, k]


@cache
def sweep_for(labels: int) -> Sweep:  # noqa: C901
    """Return the pass over all items for a fixed number of labels, so that the loops over them unroll.

    One function on purpose: split up, the compiler no longer knows the number and takes twice the time.
    """

    @compiled
    def sweep(  # noqa: C901, PLR0912
        layout: Layout, table: Floats, prior: Floats, posterior: Floats, sums: Sums
    ) -> tuple[float, float]:
        start, code, known = layout
        counts, mass = sums
        joint = np.empty(labels)
        likelihood, product, change = 0.0, 1.0, 0.0
        for item in range(len(start) - 1):
            begin, end = start[item], start[item + 1]
            if begin == end:
                continue
            for k in range(labels):
                joint[k] = prior[k]
            for n in range(begin, end):
                for k in range(labels):
                    joint[k] *= table[code[n], k]
                if (n - begin) % BLOCK == BLOCK - 1:
                    likelihood += _rescale(joint)
            evidence = _settle(joint, known[item]) if known[item] >= 0 else 0.0
            if known[item] < 0:
                for k in range(labels):
                    evidence += joint[k]
                for k in range(labels):
                    joint[k] /= evidence
            if evidence < SMALL:
                likelihood += np.log(evidence)
            else:
                product *= evidence
            if product < SMALL:
                likelihood += np.log(product)
                product = 1.0
            for k in range(labels):
                change = max(change, abs(joint[k] - posterior[item, k]))
                posterior[item, k] = joint[k]
                mass[k] += joint[k]
            for n in range(begin, end):
                for k in range(labels):
                    counts[code[n], k] += joint[k]
        return likelihood + np.log(product), change

    return sweep


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
