"""What further answers to an item are expected to gain: the chance that they turn a wrong label right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.temperature import temper

Floats = NDArray[np.float64]
Counts = NDArray[np.integer]

# Looked ahead: one answer alone often cannot turn a label where two or three can.
HORIZONS: Final = (1, 2, 3, 5, 8)
# How far answers move the odds differs between items, with this variance relative to the square of the mean:
# n answers to one item say as much as n / (CAUTION + rho n) to many, rho = UNEVEN drift^2 / spread.
CAUTION: Final = 1.2
UNEVEN: Final = 0.3
# Answers that the crowd's matrix counts for in each row of a worker's.
STRENGTH: Final = 4.0
LEAST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one answer does to the log odds of label j against k where j is true, in nats: (..., K, K)."""

    drift: Floats
    spread: Floats
    """Its variance."""

    def of(self, one: Counts, other: Counts) -> tuple[Floats, Floats]:
        """Return (I,) drift and spread for label `one` against `other` of each item, where `one` is true."""
        at = (one, other) if self.drift.ndim == 2 else (np.arange(len(one)), one, other)
        return self.drift[at], self.spread[at]

    def mixed(self, weights: Floats) -> Evidence:
        """Return the evidence of a worker drawn from these with (W,) weights."""
        share = (weights + LEAST) / (weights + LEAST).sum()
        drift = np.tensordot(share, self.drift, 1)
        square = np.tensordot(share, self.spread + self.drift**2, 1)
        return Evidence(drift, np.maximum(square - drift**2, LEAST))


def confusions(answers: Answers, posterior: Floats, *, strength: float = STRENGTH) -> Floats:
    """Return each worker's (W, K, K) confusion matrix, true label first, shrunk toward the whole crowd's."""
    workers, labels = len(answers.workers), len(answers.labels)
    cell = answers.worker.astype(np.int64) * labels + answers.label
    counts = np.stack(
        [np.bincount(cell, posterior[answers.item, true], workers * labels) for true in range(labels)]
    )
    own = counts.reshape(labels, workers, labels).transpose(1, 0, 2)
    crowd = own.sum(axis=0) + 1.0 / labels + np.eye(labels)
    crowd /= crowd.sum(axis=1, keepdims=True)
    return np.asarray((own + strength * crowd) / (own.sum(axis=2, keepdims=True) + strength))


def evidence(matrices: Floats) -> Evidence:
    """Return what an answer by each worker says, from (W, K, K) matrices."""
    sure = np.maximum(matrices, LEAST)
    logs = np.log(sure)
    # sum over y of M[j, y] * (log M[j, y] - log M[k, y]), and of the squares, without a fourth axis.
    own = (sure * logs).sum(axis=2)
    cross = sure @ logs.transpose(0, 2, 1)
    drift = own[:, :, None] - cross
    own_square, cross_square = (sure * logs**2).sum(axis=2), sure @ (logs**2).transpose(0, 2, 1)
    both = (sure * logs) @ logs.transpose(0, 2, 1)
    square = own_square[:, :, None] - 2.0 * both + cross_square
    return Evidence(drift, np.maximum(square - drift**2, LEAST))


def sobered(posterior: Floats, votes: Counts, crowd: Evidence, *, temperature: float = 1.0) -> Floats:
    """Return a posterior that takes into account that the answers to one item share errors.

    Args:
        posterior: (I, K) as a consensus has it.
        votes: (I,) answers it has read.
        crowd: What one answer says.
        temperature: By which the posterior was tempered already.
    """
    heat = CAUTION + _shared(*_leaders(posterior), crowd) * votes
    logits = np.log(np.maximum(posterior, 1e-12)) * (temperature / heat)[:, None]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def gains(
    posterior: Floats, votes: Counts, left: Counts, crowd: Evidence, *, temperature: float = 1.0
) -> Floats:
    """Return (I,) expected gain in right labels per answer, at the horizon where it is largest.

    The log odds of the first label against the second move with each answer by `crowd.drift`, pulled toward
    where this item's own answers have moved them: on a split item more of the same gains little.

    Args:
        posterior: (I, K) as a consensus has it.
        votes: (I,) answers it has read.
        left: (I,) answers that may still be bought; 0 gains nothing.
        crowd: What one answer of the next worker says: the same for all items, or (I, K, K) for each.
        temperature: By which the posterior was tempered already.
    """
    if posterior.shape[1] < 2 or not len(posterior):
        return np.zeros(len(posterior))
    row = np.arange(len(posterior))
    first, second = _leaders(posterior)
    shared = _shared(first, second, crowd)
    logs = np.log(np.maximum(temper(posterior, 1.0), 1e-12)) * temperature
    odds = logs[row, first] - logs[row, second]
    belief = sobered(posterior, votes, crowd, temperature=temperature)
    pull = 1.0 + shared * votes
    (drift, spread), (back, back_spread) = crowd.of(first, second), crowd.of(second, first)
    ahead = (drift + shared * odds) / pull
    behind = (shared * odds - back) / pull
    best = np.zeros(len(posterior))
    for horizon in HORIZONS:
        steps = np.minimum(horizon, np.maximum(left, 1))
        wide = steps * (1.0 + shared * steps / pull)
        mended = _below(odds + steps * behind, wide * back_spread)
        spoilt = _below(odds + steps * ahead, wide * spread)
        gained = belief[row, second] * mended - belief[row, first] * spoilt
        best = np.maximum(best, gained / steps)
    return np.where(left > 0, best, 0.0)


def _leaders(posterior: Floats) -> tuple[Counts, Counts]:
    first, second = np.argsort(-posterior, axis=1, kind="stable")[:, :2].T
    return first, second


def _shared(first: Counts, second: Counts, crowd: Evidence) -> Floats:
    """Return how much of what answers say about two labels they share, beside what is each one's own."""
    ratios = [drift**2 / spread for drift, spread in (crowd.of(first, second), crowd.of(second, first))]
    return np.asarray(UNEVEN * 0.5 * sum(ratios))


def _below(mean: Floats, variance: Floats) -> Floats:
    """Return the probability that a normal variable is below 0 (Abramowitz and Stegun 26.2.17, to 8e-8)."""
    z = mean / np.sqrt(variance)
    t = 1.0 / (1.0 + 0.2316419 * np.abs(z))
    poly = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) * poly
    return np.asarray(np.where(z > 0, tail, 1.0 - tail))
