"""Claimed against true: what labels claim, and what a second look at a random part of them found.

A crowd asked again is less of a second opinion than independent workers would be: it repeats half of its
wrong labels. So what later answers say is weakened by as much as gold, or recorded crowds, show it has to be;
an expert's word is taken as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.integer]

INTERVAL = 0.90
# No claim is taken for more certain than this; a posterior of exactly 1 could never be corrected.
SUREST = 0.999
# How far claims are off before anything was looked at again, in logits: on recorded crowds labels that
# claimed 95 % were right in 84 to 98 % of cases.
SPREAD = 0.7
GRID = np.linspace(-4.0, 4.0, 161)
BANDS = (0.0, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
SMALLEST = 1e-12
STEPS = 25
# How much of the evidence of later answers is left, and how far it is tilted against the label, in logits;
# with the spread between the twelve recorded crowds that it was measured on.
WEAKER, WEAKER_SPREAD = 0.45, 0.2
TILT, TILT_SPREAD = -0.5, 0.35
DOUBTS = TILT_SPREAD * np.linspace(-1.5, 1.5, 5)
DOUBT_WEIGHTS = np.exp(-0.5 * (DOUBTS / TILT_SPREAD) ** 2)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of labels with its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Band:
    """Labels that claim between `low` and `high`: what they claim on average, and how many are right."""

    low: float
    high: float
    checked: int
    claimed: float
    true: Share


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What answers given later say of P labels, by themselves."""

    evidence: Floats
    """(P,) log odds that the label is right, when both are equally likely before and nobody copies."""
    found: NDArray[np.int64]
    """(P,) the label that the later answers point to."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How far a crowd may be trusted to see its own errors."""

    weaker: float = WEAKER
    tilt: float = TILT

    def right(self, evidence: Floats) -> Floats:
        """Return how likely labels are right by the second look alone."""
        return _logistic(self.weaker * evidence + self.tilt)


@dataclass(frozen=True, slots=True)
class Correction:
    """How far claims are off: a distribution over shifts of their logit."""

    weights: Floats
    """Of each shift in `GRID`; they sum to 1."""

    def share(self, claimed: Floats) -> Share:
        """Return how many of these labels are right."""
        values = self._shares(claimed)
        below = np.cumsum(self.weights)
        tail = (1.0 - INTERVAL) / 2.0
        low, high = values[np.searchsorted(below, [tail, 1.0 - tail]).clip(0, len(values) - 1)]
        return Share(float(values @ self.weights), float(low), float(high))

    def certainty(self, claimed: Floats, target: float) -> float:
        """Return how likely it is that at least this share of the labels is right."""
        return float(self.weights[self._shares(claimed) >= target].sum())

    def _shares(self, claimed: Floats) -> Floats:
        # By distinct claim: there are many labels, and they claim much the same.
        levels, counts = np.unique(np.round(claimed, 3), return_counts=True)
        table = _logistic(_logit(levels)[:, None] + GRID)
        return np.asarray(counts @ table / counts.sum(), dtype=np.float64)


def second_look(item: Codes, answer: Codes, matrices: Floats, claimed: Codes, others: Floats) -> SecondLook:
    """Judge P labels by A answers that they do not rest on.

    Args:
        item: (A,) which of the P labels each answer is about.
        answer: (A,) the label each answer names.
        matrices: (A, K, K) what its worker answers (last axis), by truth; estimated on other items.
        claimed: (P,) the labels under judgement.
        others: (P, K) how likely each label is where the claimed one is wrong; rows need not sum to 1.
    """
    rows = np.arange(len(claimed))
    told = np.zeros(others.shape)
    np.add.at(told, item, np.log(np.maximum(matrices[np.arange(len(answer)), :, answer], SMALLEST)))
    likely = np.exp(told - told.max(axis=1, keepdims=True))
    wrong = np.maximum(others, SMALLEST)
    wrong[rows, claimed] = 0.0
    wrong /= wrong.sum(axis=1, keepdims=True)
    weighed = likely * wrong
    against = weighed.sum(axis=1)
    weighed[rows, claimed] = likely[rows, claimed]
    evidence = np.log(np.maximum(likely[rows, claimed], SMALLEST)) - np.log(np.maximum(against, SMALLEST))
    return SecondLook(evidence, weighed.argmax(axis=1))


def trust(evidence: Floats, right: NDArray[np.bool_], weight: Floats) -> Trust:
    """Estimate from gold how far a crowd sees its own errors: what was measured elsewhere, moved by gold.

    Args:
        evidence: (N,) of second looks at labels that the crowd itself gave to gold.
        right: (N,) whether those labels were right.
        weight: (N,) of each, less than 1 where one gold item was looked at several times.
    """
    centre, precision = np.array([TILT, WEAKER]), np.array([TILT_SPREAD, WEAKER_SPREAD]) ** -2.0
    if not len(evidence):
        return Trust()
    start = _logit(np.array([weight @ right / weight.sum()]).clip(0.02, 0.98))[0]
    columns, at = np.stack([np.ones(len(evidence)), evidence], axis=1), centre.copy()
    for _ in range(STEPS):  # Newton's method on two numbers; the prior keeps it convex
        chance = _logistic(start + columns @ at)
        slope = columns.T @ (weight * (right - chance)) - precision * (at - centre)
        curve = (columns.T * (weight * chance * (1.0 - chance))) @ columns + np.diag(precision)
        at = at + np.linalg.solve(curve, slope)
    return Trust(weaker=float(max(at[1], 0.0)), tilt=float(at[0]))


def correction(
    claimed: Floats, right: Floats, doubted: NDArray[np.bool_], *, spread: float = SPREAD
) -> Correction:
    """Estimate how far claims are off; without a second look only that they may be, by about `spread`.

    Args:
        claimed: (P,) what the labels claimed.
        right: (P,) how likely each is right by the second look alone.
        doubted: (P,) whether the second look was the crowd's own, whose tilt is itself uncertain.
        spread: Of the shift, before anything was looked at.
    """
    moved = _logistic(_logit(claimed)[:, None] + GRID)
    before = -0.5 * (GRID / spread) ** 2
    total = np.zeros(len(GRID))
    for doubt, weight in zip(DOUBTS, DOUBT_WEIGHTS, strict=True):
        seen = np.where(doubted, _logistic(_logit(right, surest=1.0 - SMALLEST) + doubt), right)[:, None]
        chance = np.maximum(moved * seen + (1.0 - moved) * (1.0 - seen), SMALLEST)
        total += weight * _normal(np.log(chance).sum(axis=0) + before)
    return Correction(total / total.sum())


def by_band(claimed: Floats, right: Floats, doubted: NDArray[np.bool_]) -> tuple[Band, ...]:
    """Return claimed and true by what was claimed; bands nobody looked at are left out."""
    place = np.clip(np.searchsorted(BANDS, claimed, side="right") - 1, 0, len(BANDS) - 2)
    bands = []
    for band in np.unique(place).tolist():
        mine = place == band
        found = correction(claimed[mine], right[mine], doubted[mine]).share(claimed[mine])
        low, high = BANDS[band : band + 2]
        bands.append(Band(low, high, int(mine.sum()), float(claimed[mine].mean()), found))
    return tuple(bands)


def _normal(log_weight: Floats) -> Floats:
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def _logit(share: Floats, *, surest: float = SUREST) -> Floats:
    kept = np.clip(share, 1.0 - surest, surest)
    return np.asarray(np.log(kept / (1.0 - kept)), dtype=np.float64)


def _logistic(value: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-value)), dtype=np.float64)
