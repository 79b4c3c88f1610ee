"""What a worker's answers are worth: informedness and information, with the doubt few answers leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers

Floats = NDArray[np.float64]
INTERVAL = 0.90
# Answers that the crowd's own confusion matrix counts for in each row of a worker's.
PRIOR_ANSWERS = 4.0
DRAWS = 400
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
    workers, labels = _shape(counts)
    if costs is not None and costs.shape != (labels, labels):
        raise ValueError(f"costs: shape {costs.shape}, but there are {labels} labels")
    evidence = counts + prior_answers * _crowd(counts)
    common = np.full(labels, 1.0 / labels) if shares is None else shares
    some = max(1, CELLS // (DRAWS * labels * labels))
    parts = [_quality(evidence[at : at + some], rng, costs, common) for at in range(0, workers, some)]
    return _joined(parts) if parts else _quality(evidence, rng, costs, common)


def quality_of(
    answers: Answers,
    posterior: Floats,
    *,
    rng: np.random.Generator,
    costs: Floats | None = None,
) -> Quality:
    """Measure workers against what is concluded of the items they answered.

    Args:
        answers: The answers.
        posterior: (I, K) probability of each label; items whose row is nan are left out.
        rng: Draws the matrices that the intervals come from.
        costs: (K, K) cost of taking an item of the first label for one of the second.
    """
    labels = len(answers.labels)
    concluded = np.asarray(~np.isnan(posterior).any(axis=1))
    told = concluded[answers.item]
    counts = np.zeros((len(answers.workers), labels, labels))
    at = answers.worker[told], answers.label[told]
    np.add.at(counts.transpose(0, 2, 1), at, posterior[answers.item[told]])
    shares = posterior[concluded].mean(axis=0) if concluded.any() else None
    return quality(counts, rng=rng, costs=costs, shares=shares)


def _quality(evidence: Floats, rng: np.random.Generator, costs: Floats | None, shares: Floats) -> Quality:
    matrices = evidence / evidence.sum(axis=2, keepdims=True)
    drawn = rng.standard_gamma(np.broadcast_to(evidence, (DRAWS, *evidence.shape)))
    drawn = np.maximum(drawn, SMALLEST)
    drawn /= drawn.sum(axis=3, keepdims=True)
    return Quality(
        matrices=matrices,
        informedness=_measure(_informedness(matrices), _informedness(drawn)),
        information=_measure(_information(matrices), _information(drawn)),
        cost=None if costs is None else _measure(_cost(matrices, costs, shares), _cost(drawn, costs, shares)),
    )


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


def _shape(counts: Floats) -> tuple[int, int]:
    if counts.ndim != 3 or counts.shape[1] != counts.shape[2] or counts.shape[1] < 2:
        raise ValueError(f"counts: shape {counts.shape}, not (workers, labels, labels) with 2 labels or more")
    return counts.shape[0], counts.shape[1]


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
    # Information is curved: few answers lift its draws above the value of their mean.
    return Measure(value, np.minimum(low, value), np.maximum(high, value))
