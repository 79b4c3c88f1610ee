"""The kernel for large fits: one fused loop compiled by numba (cached on disk); imported only when chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Codes
from aggregation.consensus import Floats
from aggregation.em import Expectation
from aggregation.pairs import Pairs

# A product of this many probabilities, each above the loop's floor of 1e-30, stays inside float64.
BLOCK = 8
SMALLEST = 1e-300

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function, keeping its type."""
    return cast("Function", numba.njit(cache=True, nogil=True)(function))


class Layout(NamedTuple):
    """What stays the same from pass to pass."""

    start: NDArray[np.int64]
    code: Codes
    known: Codes


class Sums(NamedTuple):
    """What a pass adds up."""

    counts: Floats
    mass: Floats


class CompiledKernel:
    """Multiplies probabilities, not logarithms, and collects the counts of an item while it is in cache."""

    def __init__(self, pairs: Pairs, known: Codes) -> None:
        self._layout = Layout(pairs.start, pairs.code, known)
        self._shape = (len(pairs.worker), pairs.shape[2])

    def collect(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Return the counts and the mass of a posterior."""
        sums = self._zeros()
        _collect(self._layout, posterior, sums)
        return sums.counts, sums.mass

    def expect(self, table: Floats, prior: Floats, posterior: Floats) -> Expectation:
        """Overwrite the posterior with the one under `table` and `prior`."""
        sums = self._zeros()
        sweep = _sweep_two if len(prior) == 2 else _sweep
        likelihood, change = sweep(self._layout, table, prior, posterior, sums)
        return Expectation(sums.counts, sums.mass, float(likelihood), float(change))

    def _zeros(self) -> Sums:
        return Sums(np.zeros(self._shape), np.zeros(self._shape[1]))


@compiled
def _collect(layout: Layout, posterior: Floats, sums: Sums) -> None:
    for item in range(len(layout.start) - 1):
        begin, end = layout.start[item], layout.start[item + 1]
        if begin < end:
            _scatter(layout.code, begin, end, posterior[item], sums)


@compiled
def _scatter(code: Codes, begin: int, end: int, row: Floats, sums: Sums) -> None:
    for k in range(len(row)):
        sums.mass[k] += row[k]
    for n in range(begin, end):
        pair = code[n]
        for k in range(len(row)):
            sums.counts[pair, k] += row[k]


@compiled
def _sweep(
    layout: Layout, table: Floats, prior: Floats, posterior: Floats, sums: Sums
) -> tuple[float, float]:
    joint = np.empty(len(prior))
    likelihood = 0.0
    change = 0.0
    for item in range(len(layout.start) - 1):
        begin, end = layout.start[item], layout.start[item + 1]
        if begin == end:
            continue
        joint[:] = prior
        likelihood += _multiply(layout.code, begin, end, table, joint)
        likelihood += _normalise(joint, layout.known[item])
        for k in range(len(joint)):
            change = max(change, abs(joint[k] - posterior[item, k]))
            posterior[item, k] = joint[k]
        _scatter(layout.code, begin, end, joint, sums)
    return likelihood, change


@compiled
def _multiply(code: Codes, begin: int, end: int, table: Floats, joint: Floats) -> float:
    """Multiply the rows of an item's answers into `joint`; return the logarithm of what was divided out."""
    scale = 0.0
    for n in range(begin, end):
        pair = code[n]
        for k in range(len(joint)):
            joint[k] *= table[pair, k]
        if (n - begin) % BLOCK == BLOCK - 1:
            peak = joint.max()
            scale += np.log(peak)
            for k in range(len(joint)):
                joint[k] = max(joint[k] / peak, SMALLEST)
    return scale


@compiled
def _normalise(joint: Floats, known: int) -> float:
    """Turn `joint` into a posterior; return the logarithm of its evidence."""
    if known >= 0:
        evidence = joint[known]
        joint[:] = 0.0
        joint[known] = 1.0
    else:
        evidence = 0.0
        for k in range(len(joint)):
            evidence += joint[k]
        for k in range(len(joint)):
            joint[k] /= evidence
    return float(np.log(evidence))


@compiled
def _sweep_two(
    layout: Layout, table: Floats, prior: Floats, posterior: Floats, sums: Sums
) -> tuple[float, float]:
    """Do the same for two labels, held in registers."""
    code = layout.code
    likelihood = 0.0
    change = 0.0
    for item in range(len(layout.start) - 1):
        begin, end = layout.start[item], layout.start[item + 1]
        if begin == end:
            continue
        a, b = prior[0], prior[1]
        for n in range(begin, end):
            a *= table[code[n], 0]
            b *= table[code[n], 1]
            if (n - begin) % BLOCK == BLOCK - 1:
                peak = max(a, b)
                likelihood += np.log(peak)
                a, b = max(a / peak, SMALLEST), max(b / peak, SMALLEST)
        known = layout.known[item]
        evidence = a + b if known < 0 else (a if known == 0 else b)
        likelihood += np.log(evidence)
        p = a / evidence if known < 0 else 1.0 - known
        q = 1.0 - p if known >= 0 else b / evidence
        change = max(change, abs(p - posterior[item, 0]), abs(q - posterior[item, 1]))
        posterior[item, 0], posterior[item, 1] = p, q
        sums.mass[0] += p
        sums.mass[1] += q
        for n in range(begin, end):
            sums.counts[code[n], 0] += p
            sums.counts[code[n], 1] += q
    return likelihood, change
