"""What a worker's answers are worth: informedness and information, with the doubt few answers leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers

Floats = NDArray[np.float64]
INTERVAL = 0.90
# Answers that the crowd's own confusion matrix counts for in each row of a worker's.
PRIOR_ANSWERS = 4.0
DRAWS = 400
# Where the truth is a posterior, it is drawn so often, if answers times labels are not more than this allows.
TRUTHS, FEWEST_TRUTHS, MOST_DRAWN = 40, 4, 40_000_000
SMALLEST = 1e-12
# Numbers drawn at a time, so that many workers and labels do not fill the memory.
CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Measure:
    """Values for W workers, each with the ends of its 90 % interval."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Quality:
    """What is known of W workers."""

    matrices: Floats
    """(W, K, K) probability of each answer (last axis) given the truth, shrunk by how little is known."""
    informedness: Measure
    """1 for a worker never wrong, 0 for one whose answers have nothing to do with the truth."""
    information: Measure
    """Bits that an answer tells of the truth, of the log2(K) there are, all labels equally likely."""
    cost: Measure | None
    """What an answer of the worker, taken as the label, costs on average; only with a cost matrix."""


def quality(
    counts: Floats,
    *,
    rng: np.random.Generator,
    prior_answers: float = PRIOR_ANSWERS,
    costs: Floats | None = None,
    shares: Floats | None = None,
) -> Quality:
    """Measure workers by how they confuse labels.

    Neither informedness nor information depends on how common the labels are, so a worker who always says
    the commonest label is worth nothing (Raykar and Yu, JMLR 2012). Expected cost is that of Ipeirotis,
    Provost and Wang (HCOMP 2010): errors that can be corrected, because they are systematic, cost nothing.

    Args:
        counts: (W, K, K) answers (last axis) by truth, fractions where the truth is a posterior.
        rng: Draws the matrices that the intervals come from.
        prior_answers: Answers that the crowd's matrix counts for in each row.
        costs: (K, K) cost of taking an item of the first label for one of the second.
        shares: (K,) how common the labels are, for the cost; equally, unless given.

    Raises:
        ValueError: A shape does not fit.
    """
    measures = _Measures.of(counts, costs, shares)
    evidence = counts + prior_answers * _crowd(counts)
    return _in_parts(counts, lambda part: measures(evidence[part], evidence[None, part], rng))


def quality_of(
    answers: Answers,
    posterior: Floats,
    *,
    rng: np.random.Generator,
    costs: Floats | None = None,
) -> Quality:
    """Measure workers against what is concluded of the items they answered.

    The intervals know that conclusions may be wrong: the truth behind each answer is drawn, too.

    Args:
        answers: The answers.
        posterior: (I, K) probability of each label; items whose row is nan are left out.
        rng: Draws the matrices that the intervals come from.
        costs: (K, K) cost of taking an item of the first label for one of the second.
    """
    labels = len(answers.labels)
    concluded = np.asarray(~np.isnan(posterior).any(axis=1))
    shares = posterior[concluded].mean(axis=0) if concluded.any() else None
    rows = np.flatnonzero(concluded[answers.item])
    rows = rows[np.argsort(answers.worker[rows], kind="stable")]
    ends = np.searchsorted(answers.worker[rows], np.arange(len(answers.workers) + 1))
    counts = _counted(answers, posterior, rows)
    measures = _Measures.of(counts, costs, shares)
    prior = PRIOR_ANSWERS * _crowd(counts)
    times = int(np.clip(MOST_DRAWN // max(len(rows) * labels, 1), FEWEST_TRUTHS, TRUTHS))

    def measure(part: slice) -> Quality:
        mine = rows[ends[part.start] : ends[part.stop]]
        cell = (answers.worker[mine] - part.start).astype(np.int64) * labels**2 + answers.label[mine]
        drawn = _drawn(cell, posterior[answers.item[mine]], part.stop - part.start, times, rng)
        return measures(counts[part] + prior, drawn + prior, rng)

    return _in_parts(counts, measure)


def informedness_of(answers: Answers, posterior: Floats) -> Floats:
    """Return (W,) the informedness that `quality_of` finds, without the draws that its interval takes."""
    known = np.asarray(~np.isnan(posterior).any(axis=1))
    counts = _counted(answers, posterior, np.flatnonzero(known[answers.item]))
    evidence = counts + PRIOR_ANSWERS * _crowd(counts)
    return _informedness(evidence / evidence.sum(axis=2, keepdims=True))


def _counted(answers: Answers, posterior: Floats, rows: NDArray[np.int64]) -> Floats:
    """Return (W, K, K) some of the answers (last axis) by truth."""
    labels = len(answers.labels)
    counts = np.zeros((len(answers.workers), labels, labels))
    at = answers.worker[rows], answers.label[rows]
    np.add.at(counts.transpose(0, 2, 1), at, posterior[answers.item[rows]])
    return counts


def _drawn(
    cell: NDArray[np.int64], truth: Floats, workers: int, times: int, rng: np.random.Generator
) -> Floats:
    """Return (T, W, K, K) counts of answers, by truths drawn from the (N, K) posteriors."""
    labels = truth.shape[1]
    counts = np.empty((times, workers, labels, labels))
    below = np.cumsum(truth[:, :-1], axis=1)
    for each in counts:
        drawn = (rng.random((len(truth), 1)) >= below).sum(axis=1)
        each[:] = np.bincount(cell + labels * drawn, minlength=each.size).reshape(each.shape)
    return counts


@dataclass(frozen=True, slots=True)
class _Measures:
    """What is measured: cost as well, where the costs of errors are known."""

    costs: Floats | None
    shares: Floats

    @classmethod
    def of(cls, counts: Floats, costs: Floats | None, shares: Floats | None) -> _Measures:
        labels = _labels(counts)
        if costs is not None and costs.shape != (labels, labels):
            raise ValueError(f"costs: shape {costs.shape}, but there are {labels} labels")
        return cls(costs, np.full(labels, 1.0 / labels) if shares is None else shares)

    def __call__(self, evidence: Floats, possible: Floats, rng: np.random.Generator) -> Quality:
        """Measure by the (W, K, K) evidence; the intervals are what (T, W, K, K) others would give."""
        matrices = evidence / evidence.sum(axis=2, keepdims=True)
        drawn = rng.standard_gamma(np.repeat(possible, -(-DRAWS // len(possible)), axis=0))
        drawn = np.maximum(drawn, SMALLEST)
        drawn /= drawn.sum(axis=3, keepdims=True)
        return Quality(
            matrices=matrices,
            informedness=_measure(_informedness(matrices), _informedness(drawn)),
            information=_lowered(_information(matrices), _information(drawn)),
            cost=None if self.costs is None else self._cost(self.costs, matrices, drawn),
        )

    def _cost(self, costs: Floats, matrices: Floats, drawn: Floats) -> Measure:
        return _measure(_cost(matrices, costs, self.shares), _cost(drawn, costs, self.shares))


def _in_parts(counts: Floats, measure: Callable[[slice], Quality]) -> Quality:
    """Measure as many workers at a time as memory has room for."""
    workers, some = len(counts), max(1, CELLS // (DRAWS * counts.shape[1] ** 2))
    return _joined([measure(slice(at, min(at + some, workers))) for at in range(0, max(workers, 1), some)])


def _joined(parts: Sequence[Quality]) -> Quality:
    """Return the workers of all parts as one."""
    costs = [part.cost for part in parts if part.cost is not None]
    return Quality(
        matrices=np.concatenate([part.matrices for part in parts]),
        informedness=_all([part.informedness for part in parts]),
        information=_all([part.information for part in parts]),
        cost=_all(costs) if costs else None,
    )


def _all(parts: Sequence[Measure]) -> Measure:
    columns = ([getattr(part, name) for part in parts] for name in ("value", "low", "high"))
    return Measure(*(np.concatenate(column) for column in columns))


def _labels(counts: Floats) -> int:
    if counts.ndim != 3 or counts.shape[1] != counts.shape[2] or counts.shape[1] < 2:
        raise ValueError(f"counts: shape {counts.shape}, not (workers, labels, labels) with 2 labels or more")
    return int(counts.shape[1])


def _crowd(counts: Floats) -> Floats:
    """Return (K, K) the crowd's matrix; half an answer of each kind keeps it away from 0."""
    pooled = counts.sum(axis=0) + 0.5
    return np.asarray(pooled / pooled.sum(axis=1, keepdims=True), dtype=np.float64)


def _informedness(matrices: Floats) -> Floats:
    labels = matrices.shape[-1]
    right = np.trace(matrices, axis1=-2, axis2=-1) / labels
    return np.asarray((right - 1.0 / labels) / (1.0 - 1.0 / labels), dtype=np.float64)


def _information(matrices: Floats) -> Floats:
    matrices = np.maximum(matrices, SMALLEST)
    given = matrices.mean(axis=-2)
    unsure = -np.sum(given * np.log2(given), axis=-1)
    left = -np.sum(matrices * np.log2(matrices), axis=-1).mean(axis=-1)
    return np.asarray(unsure - left, dtype=np.float64)


def _cost(matrices: Floats, costs: Floats, shares: Floats) -> Floats:
    """Return the cost of the best label for each answer, weighed by how often the answer comes."""
    joint = matrices * shares[:, None]
    # For every answer (last axis of joint) the cost of each label it could be taken for.
    taken = np.einsum("...ta,tl->...al", joint, costs)
    return np.asarray(taken.min(axis=-1).sum(axis=-1), dtype=np.float64)


def _measure(value: Floats, drawn: Floats) -> Measure:
    tail = (1.0 - INTERVAL) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail], axis=0)
    return Measure(value, np.minimum(low, value), np.maximum(high, value))


def _lowered(value: Floats, drawn: Floats) -> Measure:
    """Return information with its interval, down to 0 for whoever may be guessing.

    Information is curved: few answers lift its draws above the value of their mean, and none can be 0.
    """
    lift = drawn.mean(axis=0) - value
    high = _measure(value, drawn).high
    return Measure(value, np.maximum(_measure(value, drawn - lift).low, 0.0), high)
