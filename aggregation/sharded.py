"""Fits of answers that lie in shards, each with whole items: only the workers' counts come together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Codes
from aggregation.consensus import Floats, choose
from aggregation.dawid_skene import DIAGONAL, plain
from aggregation.em import Fit, Maximise, Problem, choose_kernel, fit
from aggregation.kernel import Counted, Step
from aggregation.one_coin import coin
from aggregation.pairs import Pairs
from aggregation.registry import AGGREGATORS
from aggregation.tilted import Tilted

Settings = Mapping[str, Any]
STEPS: dict[str, Callable[[Pairs, Floats, Settings], Maximise]] = {
    "dawid-skene": lambda pairs, _, take: plain(pairs, take["smoothing"]),
    "one-coin": lambda pairs, popular, take: coin(
        pairs, popular, strength=take["smoothing"], accuracy=DIAGONAL
    ),
    "dawid-skene-skill": lambda pairs, popular, take: Tilted(
        pairs, popular, strength=take["strength"], precision=take["precision"]
    ),
}


@dataclass(frozen=True, slots=True)
class Shard:
    """Answers to some items, which have no answers elsewhere; the arrays may lie on disk."""

    start: NDArray[np.int64]
    code: Codes
    known: Codes
    """(I,) labels of gold, -1 elsewhere."""
    posterior: Floats
    """(I, K), at first the vote shares, gold clamped; every pass overwrites it."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a pass needs beside the answers."""

    table: Floats
    prior: Floats


class Expectation(NamedTuple):
    """What a pass over a shard yields; its posterior is updated in place."""

    counts: Floats
    mass: Floats
    log_likelihood: float
    change: float


@dataclass(frozen=True, slots=True)
class Concluded:
    """The labels of a shard, and what they say of every worker's answers there."""

    choice: Codes
    confidence: Floats
    votes: NDArray[np.int64]
    right: Floats
    """(W,) expected right answers."""
    agreed: Floats
    """(W,) answers equal to the label chosen."""


Pass = Callable[[Parameters | None], Iterable[Expectation]]
"""Go over every shard, in one order, wherever it lies; without parameters only count its posteriors."""


class ShardedKernel:
    """A kernel whose answers and posteriors lie elsewhere; the posterior it is handed has no rows."""

    def __init__(self, each: Pass, labels: int) -> None:
        self._each = each
        self._labels = labels
        self._counted: Counted | None = None

    def start(self) -> Floats:
        """Return no rows: the shards have their vote shares."""
        return np.empty((0, self._labels))

    def collect(self, posterior: Floats) -> Counted:
        """Count all shards' posteriors, if that was not done when they were computed."""
        del posterior
        counted, self._counted = self._counted, None
        return counted or _counted(reduce(_added, self._each(None)))

    def expect(self, table: Floats, prior: Floats, posterior: Floats) -> Step:
        """Have every shard overwrite its posterior with the one under `table` and `prior`, and count it."""
        del posterior
        found = reduce(_added, self._each(Parameters(table, prior)))
        self._counted = _counted(found)
        return Step(found.log_likelihood, found.change)


def whole(observed: NDArray[np.int64], given: NDArray[np.int64], workers: int, labels: int) -> Pairs:
    """Return the pairs of all shards, without their answers; `observed` is worker * labels + label."""
    worker = (observed // labels).astype(np.int32)
    return Pairs(
        start=np.zeros(1, dtype=np.int64),
        code=np.broadcast_to(np.int32(0), (int(given.sum()),)),
        worker=worker,
        label=(observed % labels).astype(np.int32),
        given=given.astype(np.float64),
        first=np.flatnonzero(np.diff(worker, prepend=-1)),
        shape=(0, workers, labels),
    )


def fit_shards(pairs: Pairs, each: Pass, method: str, **settings: object) -> Fit:
    """Fit a method as `aggregate` does, up to the order of sums; the posteriors stay with the shards.

    Raises:
        ValueError: The method cannot be fitted in shards.
    """
    if method not in STEPS:
        raise ValueError(f"method: {method} needs all answers at once; choose one of {', '.join(STEPS)}")
    take = {**AGGREGATORS[method].parameters, **settings}
    labels = pairs.shape[2]
    nothing = np.empty(0, dtype=np.int32)
    problem = Problem(pairs, nothing, ShardedKernel(each, labels))
    step = STEPS[method](pairs, popular(pairs), take)
    return fit(
        problem,
        step,
        max_iterations=cast("int", take["max_iterations"]),
        tolerance=cast("float", take["tolerance"]),
    )


def popular(pairs: Pairs) -> Floats:
    """Return each label's share of all answers."""
    counts = np.bincount(pairs.label, pairs.given, pairs.shape[2])
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def pass_over(shard: Shard, pairs: Pairs, parameters: Parameters | None) -> Expectation:
    """Make one pass over a shard, or only count its posterior."""
    items = len(shard.posterior)
    here = replace(pairs, start=shard.start, code=shard.code, shape=(items, *pairs.shape[1:]))
    kernel = choose_kernel(len(pairs.code))(here, shard.known)
    if parameters is None:
        return Expectation(*kernel.collect(shard.posterior), 0.0, 0.0)
    step = kernel.expect(parameters.table, parameters.prior, shard.posterior)
    return Expectation(*kernel.collect(shard.posterior), *step)


def concluded(shard: Shard, pairs: Pairs) -> Concluded:
    """Choose the labels of a shard."""
    choice = choose(shard.posterior, popular(pairs))
    votes = np.diff(shard.start)
    item = np.repeat(np.arange(len(choice)), votes)
    worker, label = pairs.worker[shard.code], pairs.label[shard.code]
    workers = pairs.shape[1]
    return Concluded(
        choice=choice,
        confidence=shard.posterior[np.arange(len(choice)), choice],
        votes=votes,
        right=np.bincount(worker, shard.posterior[item, label], workers).astype(np.float64),
        agreed=np.bincount(worker, choice[item] == label, workers).astype(np.float64),
    )


def _counted(found: Expectation) -> Counted:
    return Counted(found.counts, found.mass)


def _added(one: Expectation, other: Expectation) -> Expectation:
    """Add what two shards found; into memory of our own, for what came from elsewhere may be read-only."""
    counts = one.counts if one.counts.flags.writeable else one.counts.copy()
    counts += other.counts
    likelihood = one.log_likelihood + other.log_likelihood
    return Expectation(counts, one.mass + other.mass, likelihood, max(one.change, other.change))
