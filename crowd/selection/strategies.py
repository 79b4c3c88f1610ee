"""Choose which items to ask about: the ones a model is least sure of, and a random share beside them.

The random share is drawn first, from all candidates, before any score is looked at; uncertainty then fills
the rest. Only so is the share an unbiased sample of the pool, fit for measuring a model or the labels on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crowd.selection import scores
from crowd.selection.scores import Probabilities, Scores


@dataclass(frozen=True, slots=True)
class Scorer:
    """A way to score items, and how to say it: `reason` may use {score}, {lead}, {top}, {first}, {second}."""

    score: Callable[[Probabilities, np.random.Generator], Scores]
    reason: str


STRATEGIES: Final[dict[str, Scorer]] = {
    "margin": Scorer(lambda p, _: scores.margin(p), "margin {lead:.3f} between {first!r} and {second!r}"),
    "entropy": Scorer(lambda p, _: scores.entropy(p), "entropy {score:.3f}, most likely {first!r}"),
    "least-confident": Scorer(lambda p, _: scores.least_confident(p), "confidence {top:.3f} in {first!r}"),
    "random": Scorer(scores.random, "random"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One chosen item: its row, its rank from 1, the strategy's score, why, and if drawn at random."""

    index: int
    rank: int
    score: float
    reason: str
    random: bool


def select(
    probabilities: Probabilities,
    *,
    strategy: str,
    size: int,
    rng: np.random.Generator,
    random_share: float = 0.25,
    labels: Sequence[str] | None = None,
) -> list[Choice]:
    """Choose `size` items, or all where there are fewer, each at most once.

    Args:
        probabilities: (items, labels), rows that `predictions.check` has passed.
        strategy: A name in `STRATEGIES`; ties go to the earlier row.
        size: How many items.
        rng: Draws the random share, in an order of its own.
        random_share: Part of the choice drawn at random, 0 to 1; rounded half up to whole items and spread
            evenly over the ranks, so that a choice cut short keeps it.
        labels: Names for the reasons; the column numbers if not given.
    """
    scorer = _scorer(strategy)
    if size < 0:
        raise ValueError(f"size is {size}: it must not be negative")
    if not 0 <= random_share <= 1:
        raise ValueError(f"random_share is {random_share}: it must lie between 0 and 1")
    size = min(size, len(probabilities))
    lottery = (
        rng.choice(len(probabilities), _share(size, random_share), replace=False)
        if size
        else np.empty(0, int)
    )
    scored = scorer.score(probabilities, rng)
    order, drawn = _interleave(lottery, _most_uncertain(scored, lottery, size - len(lottery)))
    names = _names(labels, probabilities.shape[1])
    return [
        Choice(
            index,
            rank,
            float(scored[index]),
            "random share" if random else _reason(scorer, scored[index], probabilities[index], names),
            random,
        )
        for rank, (index, random) in enumerate(zip(order.tolist(), drawn.tolist(), strict=True), start=1)
    ]


def _scorer(strategy: str) -> Scorer:
    if strategy not in STRATEGIES:
        raise ValueError(f"unknown strategy {strategy!r}: use one of {', '.join(STRATEGIES)}")
    return STRATEGIES[strategy]


def _share(size: int, random_share: float) -> int:
    # In decimal, because 0.29 * 50 is 14.499999999999998 as a float.
    return int((Decimal(str(random_share)) * size).to_integral_value(ROUND_HALF_UP))


def _most_uncertain(scored: Scores, taken: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    order = np.argsort(-scored, kind="stable")
    free = np.ones(len(scored), dtype=bool)
    free[taken] = False
    return order[free[order]][:size]


def _interleave(
    lottery: NDArray[np.int64], uncertain: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Spread the random items evenly over the ranks; return the order and which of it is random."""
    size = len(lottery) + len(uncertain)
    due = np.arange(size + 1) * len(lottery) // max(size, 1)
    drawn = np.diff(due) > 0
    order = np.empty(size, dtype=np.int64)
    order[drawn], order[~drawn] = lottery, uncertain
    return order, drawn


def _names(labels: Sequence[str] | None, width: int) -> Sequence[str]:
    if labels is None:
        return [str(column) for column in range(width)]
    if len(labels) != width:
        raise ValueError(
            f"{len(labels)} labels for {width} columns of probabilities: give one name per column"
        )
    return labels


def _reason(scorer: Scorer, score: float, row: Probabilities, names: Sequence[str]) -> str:
    if len(row) == 1:
        return f"{names[0]!r} is the only label"
    first, second = np.argsort(-row, kind="stable")[:2]
    lead = row[first] - row[second]
    return scorer.reason.format(
        score=score, lead=lead, top=row[first], first=names[first], second=names[second]
    )
