"""How far workers agree, before any model of them: pairs, Krippendorff's alpha, Fleiss' kappa."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers

Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval"]
INTERVAL = 0.90
# Answers read in all resamples together; at least so many resamples are drawn.
MOST_READ, FEWEST_RESAMPLES, MOST_RESAMPLES = 40_000_000, 40, 400


@dataclass(frozen=True, slots=True)
class Agreement:
    """A measure of agreement with its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers counted by item and label: all that agreement depends on."""

    labels: tuple[str, ...]
    answers: Floats
    """(I,) answers of each item."""
    cells: Floats
    """(C,) answers of each occupied cell of item and label."""
    item: NDArray[np.int64]
    """(C,) item of each cell."""
    label: NDArray[np.int64]
    """(C,) label of each cell."""
    weight: Floats
    """(I,) how many times each item counts."""

    @classmethod
    def of(cls, answers: Answers) -> Tally:
        """Count answers; every item counts once."""
        width, items = max(len(answers.labels), 1), len(answers.items)
        cell, cells = np.unique(answers.item.astype(np.int64) * width + answers.label, return_counts=True)
        per_item = np.bincount(answers.item, minlength=items).astype(np.float64)
        counted = cells.astype(np.float64)
        return cls(answers.labels, per_item, counted, cell // width, cell % width, np.ones(items))

    def drawn(self, rng: np.random.Generator) -> Tally:
        """Return as many items drawn with replacement."""
        items = len(self.weight)
        weight = np.bincount(rng.integers(items, size=items), minlength=items).astype(np.float64)
        return replace(self, weight=weight)


def pairwise_agreement(answers: Answers | Tally) -> float:
    """Return the share of answer pairs on the same item that agree; nan when no item has two answers."""
    tally = _tally(answers)
    pairs = np.sum(tally.weight * tally.answers * (tally.answers - 1))
    agreeing = np.sum(tally.weight[tally.item] * tally.cells * (tally.cells - 1))
    return float(agreeing / pairs) if pairs else float("nan")


def krippendorff_alpha(answers: Answers | Tally, *, level: Level = "nominal") -> float:
    """Return Krippendorff's alpha: 1 is full agreement, 0 is what chance would give.

    Items with one answer say nothing about agreement and are left out. The value is nan when no item has
    two answers or all those answers are the same label, where chance agreement is already full.
    Source: Krippendorff, Content Analysis (2004), chapter 11, by way of the coincidence matrix.

    Args:
        answers: The answers.
        level: `nominal` labels differ or not; `ordinal` ones lie the further apart the more answers lie
            between them, in the order of the label set; `interval` ones are numbers.

    Raises:
        ValueError: A label is not a number where the level is `interval`.
    """
    tally = _tally(answers)
    paired = tally.answers[tally.item] > 1
    cells, item, label = tally.cells[paired], tally.item[paired], tally.label[paired]
    size, counted = tally.answers[item], tally.weight[item] * cells
    by_label = np.bincount(label, counted, max(len(tally.labels), 1)).astype(np.float64)
    place = _places(tally.labels, by_label, level)
    total = counted.sum()
    if place is None:
        expected = total * total - np.sum(by_label**2)
        observed = np.sum(counted * (size - cells) / (size - 1))
    else:
        expected = _spread(place, by_label, np.zeros(len(by_label), dtype=np.int64))[0]
        apart = _spread(place[label], cells, item)
        others = np.maximum(tally.answers - 1, 1.0)[: len(apart)]
        observed = np.sum(tally.weight[: len(apart)] * apart / others)
    return float(1 - (total - 1) * observed / expected) if expected else float("nan")


def fleiss_kappa(answers: Answers | Tally) -> float:
    """Return Fleiss' kappa (1971): agreement within items beyond what the label shares alone would give.

    Items may have different numbers of answers; those with one are left out. nan as for alpha.
    """
    tally = _tally(answers)
    many = (tally.answers > 1) & (tally.weight > 0)
    paired = many[tally.item]
    cells, item, label = tally.cells[paired], tally.item[paired], tally.label[paired]
    if not len(cells):
        return float("nan")
    shares = np.bincount(label, tally.weight[item] * cells)
    chance = float(np.sum((shares / shares.sum()) ** 2))
    size, weight = tally.answers[many], tally.weight[many]
    agreeing = np.bincount(item, cells * (cells - 1), len(many))[many]
    observed = float(np.average(agreeing / (size * (size - 1)), weights=weight))
    return (observed - chance) / (1 - chance) if chance < 1 else float("nan")


def with_interval(
    measure: Callable[[Tally], float],
    answers: Answers,
    *,
    rng: np.random.Generator,
    resamples: int | None = None,
) -> Agreement:
    """Return a measure with the interval that drawing as many items again would give (bootstrap).

    Items are drawn and not answers: answers to one item depend on each other. Without a number there are
    400 resamples, fewer of very many answers.
    """
    tally = Tally.of(answers)
    if not len(answers):
        return Agreement(np.nan, np.nan, np.nan)
    times = resamples or min(MOST_RESAMPLES, max(FEWEST_RESAMPLES, MOST_READ // len(answers)))
    values = [measure(tally.drawn(rng)) for _ in range(times)]
    known = np.array(values)[np.isfinite(values)]
    tail = (1 - INTERVAL) / 2
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (np.nan, np.nan)
    return Agreement(measure(tally), float(low), float(high))


def _tally(answers: Answers | Tally) -> Tally:
    return answers if isinstance(answers, Tally) else Tally.of(answers)


def _places(labels: tuple[str, ...], by_label: Floats, level: Level) -> Floats | None:
    """Return where each label stands, such that squared distance is disagreement; None for nominal ones."""
    if level == "nominal":
        return None
    if level == "ordinal":
        # The answers below a label, and half of its own: differences are Krippendorff's ordinal metric.
        return np.asarray(np.cumsum(by_label) - by_label / 2.0, dtype=np.float64)
    try:
        return np.array([float(label) for label in labels])
    except ValueError as error:
        raise ValueError(f"level interval needs numbers for labels: {error}") from None


def _spread(place: Floats, weight: Floats, group: NDArray[np.int64]) -> Floats:
    """Return, for each group, the sum of weighted squared distances over all ordered pairs."""
    centred = place - np.average(place, weights=weight) if weight.sum() else place
    total = np.bincount(group, weight)
    first = np.bincount(group, weight * centred)
    second = np.bincount(group, weight * centred**2)
    return np.asarray(2.0 * (total * second - first**2), dtype=np.float64)
