"""What instructions should say better: labels that are mixed up, items that divide good workers."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers

Floats = NDArray[np.float64]
# How likely it may be that any pair at all is named where errors are at random.
CHANCE = 0.05
# Mix-ups that are too few to say anything about.
FEWEST = 5.0
# A worker's answer counts for this guidance by how much it tells; below it, not at all.
INFORMED = 0.3
EXAMPLES = 3
# Items that more uncertainty than this is left about; 0 none, 1 as much as there can be.
DOUBTFUL = 0.3


@dataclass(frozen=True, slots=True)
class Pair:
    """Two labels that good workers mix up more than chance would."""

    one: str
    other: str
    taken: float  # answers `other` to items that are `one`, as far as that is known
    back: float  # answers `one` to items that are `other`
    expected: float  # of both together, were errors spread by how common the labels are
    excess: float  # standard errors above that
    items: int  # on which both were answered
    examples: tuple[int, ...]  # places of items, the most divided first

    @property
    def count(self) -> float:
        """How often the two were taken for each other."""
        return self.taken + self.back


@dataclass(frozen=True, slots=True)
class Difficulty:
    """How hard items are, each between 0 and 1; nan where there is too little to say."""

    doubt: Floats
    """(I,) entropy of the posterior, of as much as the labels allow."""
    division: Floats
    """(I,) how likely two good workers who answered the item disagree."""

    @property
    def doubtful(self) -> NDArray[np.bool_]:
        """(I,) whether much doubt is left, or good workers are divided."""
        return (np.nan_to_num(self.doubt) > DOUBTFUL) | (np.nan_to_num(self.division) > DOUBTFUL)


def difficulty(answers: Answers, posterior: Floats, informed: Floats) -> Difficulty:
    """Say how hard each item is.

    Args:
        answers: The answers.
        posterior: (I, K) calibrated; rows of nan where nothing is known.
        informed: (W,) how much the answers of each worker tell, 0 to 1.
    """
    labels = posterior.shape[1]
    kept = np.clip(posterior, 1e-12, 1.0)
    doubt = -np.sum(kept * np.log(kept), axis=1) / np.log(max(labels, 2))
    weight = np.where(informed >= INFORMED, informed, 0.0)[answers.worker]
    table = np.zeros(posterior.shape)
    np.add.at(table, (answers.item, answers.label), weight)
    squared = np.bincount(answers.item, weight**2, minlength=len(posterior))
    total = table.sum(axis=1) ** 2 - squared
    alike = (table**2).sum(axis=1) - squared
    division = np.full(len(posterior), np.nan)
    np.divide(total - alike, total, out=division, where=total > 1e-9)
    return Difficulty(doubt, np.clip(division, 0.0, 1.0))


def confusable(answers: Answers, posterior: Floats, informed: Floats) -> tuple[Pair, ...]:
    """Return the pairs of labels that good workers take for each other more than chance would, worst first.

    By chance a wrong answer is any other label, as often as that label is answered at all.
    """
    known = np.isfinite(posterior.sum(axis=1))
    kept = known[answers.item] & (informed[answers.worker] >= INFORMED)
    item, label = answers.item[kept], answers.label[kept]
    labels = posterior.shape[1]
    mixed = np.zeros((labels, labels))
    np.add.at(mixed.T, label, posterior[item])
    np.fill_diagonal(mixed, 0.0)
    common = np.bincount(label, minlength=labels) / max(len(label), 1)
    chance = _by_chance(mixed.sum(axis=1), common)
    excess = NormalDist().inv_cdf(1.0 - CHANCE / max(labels * (labels - 1) / 2, 1))
    found = []
    for one in range(labels):
        for other in range(one + 1, labels):
            count, expected = mixed[one, other] + mixed[other, one], chance[one, other] + chance[other, one]
            # With two labels there is but one pair: any number of mix-ups is as many as chance gives.
            score = (count - expected) / np.sqrt(max(expected, 1.0))
            if count >= FEWEST and (score >= excess or labels == 2):
                both = _both(item, label, posterior, one, other)
                names = answers.labels[one], answers.labels[other]
                ways = float(mixed[one, other]), float(mixed[other, one])
                found.append(
                    Pair(
                        *names,
                        *ways,
                        float(expected),
                        float(score),
                        len(both),
                        tuple(both[:EXAMPLES].tolist()),
                    )
                )
    return tuple(sorted(found, key=lambda pair: (-pair.excess, -pair.count, pair.one)))


def _by_chance(errors: Floats, common: Floats) -> Floats:
    """Return (K, K) errors at each label spread over the others by how common these are."""
    spread = np.tile(common, (len(common), 1))
    np.fill_diagonal(spread, 0.0)
    total = spread.sum(axis=1, keepdims=True)
    shares = np.divide(spread, total, out=np.zeros_like(spread), where=total > 0)
    return np.asarray(errors[:, None] * shares, dtype=np.float64)


def _both(
    item: NDArray[np.int32], label: NDArray[np.int32], posterior: Floats, one: int, other: int
) -> NDArray[np.int64]:
    """Return the items that were called both, those where both are most likely first."""
    items = np.intersect1d(item[label == one], item[label == other]).astype(np.int64)
    likely = np.minimum(posterior[items, one], posterior[items, other])
    return items[np.argsort(-likely, kind="stable")]
