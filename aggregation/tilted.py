"""Dawid-Skene whose rows shrink toward the crowd's confusion matrix, tilted to the worker's own accuracy."""

from __future__ import annotations

import numpy as np

from aggregation.consensus import Floats
from aggregation.dawid_skene import DIAGONAL, off_diagonal
from aggregation.pairs import Pairs

# Answers of an imagined average worker, added to the crowd's matrix.
POOL = 2.0
# Log odds beyond these mean the same: always right, never right.
STEEPEST = 5.0
NEWTON_STEPS = 2
RARE = 1e-3


class Tilted:
    """The M step; a new one for each fit, because skills continue from where the last pass left them.

    Row k of worker w has the prior mean: right with log odds logit(C[k, k]) + skill[w], errors as in the
    crowd's matrix C. One number per worker says most of what few answers can tell; which errors are likely,
    the crowd says.
    """

    def __init__(self, pairs: Pairs, prior: Floats, *, strength: float, precision: float) -> None:
        labels = pairs.shape[2]
        self._pairs = pairs
        self._prior = prior
        self._strength = strength
        self._precision = precision
        self._base = np.full((labels, labels), POOL * off_diagonal(DIAGONAL, labels))
        np.fill_diagonal(self._base, POOL * DIAGONAL)
        self._gather = pairs.label_sums()
        self._rank = np.repeat(np.arange(len(pairs.first)), np.diff(pairs.first, append=len(pairs.worker)))
        self._row = np.arange(len(pairs.label))
        self._skill = np.zeros(len(pairs.first))

    def __call__(self, counts: Floats, mass: Floats) -> tuple[Floats, Floats]:
        """Return the table of pairs; the class prior is not estimated, so the mass is not read."""
        del mass
        if not len(counts):
            return counts, self._prior
        pooled = self._base + self._gather @ counts
        pooled /= pooled.sum(axis=0)
        diagonal = np.clip(np.diag(pooled), RARE, 1.0 - RARE)
        rows = np.add.reduceat(counts, self._pairs.first, axis=0)
        right = self._tilt(np.log(diagonal / (1.0 - diagonal)), counts, rows)[self._rank]
        table = (pooled / (1.0 - diagonal))[self._pairs.label] * (1.0 - right)
        table[self._row, self._pairs.label] = right[self._row, self._pairs.label]
        table *= self._strength
        table += counts
        table /= (rows + self._strength)[self._rank]
        return table, self._prior

    def _tilt(self, crowd: Floats, counts: Floats, rows: Floats) -> Floats:
        """Move each skill toward its posterior mode; return the (V, K) probability of a right answer."""
        own = counts[self._row, self._pairs.label]
        given = np.add.reduceat(own, self._pairs.first)
        right = _sigmoid(crowd + self._skill[:, None])
        for _ in range(NEWTON_STEPS):
            slope = given - (rows * right).sum(axis=1) - self._precision * self._skill
            curve = (rows * right * (1.0 - right)).sum(axis=1) + self._precision
            moved = self._skill + np.clip(slope / curve, -1.0, 1.0)
            self._skill = np.clip(moved, -STEEPEST, STEEPEST)
            right = _sigmoid(crowd + self._skill[:, None])
        return right


def _sigmoid(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-odds)), dtype=np.float64)
