"""Expectation maximisation over observed pairs: the one loop that serves the whole Dawid-Skene family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN, Answers, Codes
from aggregation.consensus import Floats
from aggregation.history import Cells, History
from aggregation.kernel import Kernel, Passes
from aggregation.pairs import Divide, Pairs, divide_by_worker

# From this many answers on, loading the compiled kernel (half a second) pays for itself.
COMPILE_FROM = 300_000

# Keeps logarithms and products finite; far below any probability that a model here can mean.
FLOOR = 1e-30


Array = TypeVar("Array", Floats, Codes)

Maximise = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""(counts, mass) -> (table, prior): the M step, all in which the members of the family differ.

It may make the table out of the counts, in place: nobody reads them afterwards.
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """Answers laid out for fitting, with what is known of them."""

    pairs: Pairs
    known: Codes
    kernel: Passes
    place: NDArray[np.int64] | None = None
    """(I,) where each item stands in the kernel's posteriors; None if in its place."""
    past: Floats | None = None
    """(P, K) what the workers did before, by true label; it counts with what they do here."""
    divide: Divide = divide_by_worker

    @classmethod
    def of(
        cls,
        answers: Answers,
        known: Codes,
        kernel: type[Kernel] | None = None,
        *,
        history: History | None = None,
    ) -> Problem:
        """Lay out answers; `known` holds the label codes of gold items, -1 elsewhere."""
        cells = None if history is None else Cells.of(history, answers)
        make = choose_kernel(len(answers)) if kernel is None else kernel
        pairs = make.lay_out(answers, cells)
        past = None if cells is None else cells.table(pairs.cells, len(answers.labels))
        arranged, place = make.arrange(pairs)
        return cls(pairs, known, make(arranged, _put(known, place)), place, past, make.divide)

    @property
    def start(self) -> Floats:
        """Return the (I, K) soft majority vote, gold clamped."""
        return self.restored(self.kernel.start())

    def arranged(self, posterior: Floats) -> Floats:
        """Return a posterior with every item where the kernel has it."""
        return _put(posterior, self.place)

    def restored(self, posterior: Floats) -> Floats:
        """Return a posterior of the kernel with every item in its place."""
        return posterior if self.place is None else posterior.take(self.place, axis=0)

    def with_past(self, counts: Floats) -> Floats:
        """Return the counts of answers with those of the past."""
        return counts if self.past is None else counts + self.past

    @property
    def silent(self) -> NDArray[np.bool_]:
        """(I,) whether nothing is known of an item: no answer, no gold."""
        return np.asarray(~self.pairs.answered & (self.known == UNKNOWN))


@dataclass(frozen=True, slots=True)
class Fit:
    """Where the iteration ended."""

    posterior: Floats
    table: Floats
    prior: Floats
    history: tuple[float, ...]
    """Log likelihood after each iteration."""

    @property
    def iterations(self) -> int:
        """Number of passes made."""
        return len(self.history)

    @property
    def log_likelihood(self) -> float:
        """Log likelihood of the answers under the final parameters; 0 of nothing."""
        return self.history[-1] if self.history else 0.0


def fit(
    problem: Problem,
    maximise: Maximise,
    *,
    max_iterations: int,
    tolerance: float,
    start: Floats | None = None,
) -> Fit:
    """Iterate from the soft majority vote, or `start`, until no posterior moves more than the tolerance."""
    if max_iterations < 1:
        raise ValueError(f"max_iterations: {max_iterations} given; at least 1 is needed")
    posterior = problem.kernel.start() if start is None else problem.arranged(start.copy())
    table, prior = _parameters(problem, maximise, posterior)
    history: list[float] = []
    while len(history) < max_iterations and len(problem.pairs.code):
        step = problem.kernel.expect(table, prior, posterior)
        history.append(step.log_likelihood)
        if step.change <= tolerance or len(history) == max_iterations:
            break
        del table  # before the counts, which are as large, are there
        table, prior = _parameters(problem, maximise, posterior)
    posterior = problem.restored(posterior)
    posterior[problem.silent] = prior / prior.sum()
    return Fit(posterior, table, prior, tuple(history))


def _parameters(problem: Problem, maximise: Maximise, posterior: Floats) -> tuple[Floats, Floats]:
    """Return the table and the prior that a posterior makes likeliest."""
    counts, mass = problem.kernel.collect(posterior)
    table, prior = maximise(problem.with_past(counts), mass)
    if table.min(initial=1.0) < FLOOR:
        np.maximum(table, FLOOR, out=table)
    return table, np.maximum(prior, FLOOR)


def _put(values: Array, place: NDArray[np.int64] | None) -> Array:
    """Return the values of items, each where its item stands."""
    if place is None:
        return values
    put = np.empty_like(values)
    put[place] = values
    return put


def choose_kernel(answers: int) -> type[Kernel]:
    """Return the compiled kernel for large fits where numba is installed, else the sparse one."""
    if answers >= COMPILE_FROM:
        try:
            from aggregation.compiled_kernel import CompiledKernel
        except ImportError:
            pass
        else:
            return CompiledKernel
    from aggregation.sparse_kernel import SparseKernel

    return SparseKernel
