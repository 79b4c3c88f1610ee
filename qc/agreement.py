"""How far workers agree, before any model of them: pairs, Krippendorff's alpha, Fleiss' kappa."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers

Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval"]
INTERVAL = 0.90


@dataclass(frozen=True, slots=True)
class Agreement:
    """A measure of agreement with its 90 % interval."""

    value: float
    low: float
    high: float


def pairwise_agreement(answers: Answers) -> float:
    """Return the share of answer pairs on the same item that agree; nan when no item has two answers."""
    per_item, cells, _, _ = _counts(answers)
    pairs = np.sum(per_item * (per_item - 1))
    return float(np.sum(cells * (cells - 1)) / pairs) if pairs else float("nan")


def krippendorff_alpha(answers: Answers, *, level: Level = "nominal") -> float:
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
    per_item, cells, cell_item, cell_label = _counts(answers)
    paired = per_item[cell_item] > 1
    cells, cell_item, cell_label = cells[paired], cell_item[paired], cell_label[paired]
    by_label = np.bincount(cell_label, cells, max(len(answers.labels), 1)).astype(np.float64)
    place = _places(answers, by_label, level)
    total = cells.sum()
    if place is None:
        size = per_item[cell_item]
        expected = total * total - np.sum(by_label**2)
        observed = np.sum(cells * (size - cells) / (size - 1))
    else:
        expected = _spread(place, by_label, np.zeros(len(by_label), dtype=np.int64))[0]
        apart = _spread(place[cell_label], cells, cell_item)
        many = per_item[: len(apart)] > 1
        observed = np.sum(apart[many] / (per_item[: len(apart)][many] - 1))
    return float(1 - (total - 1) * observed / expected) if expected else float("nan")


def fleiss_kappa(answers: Answers) -> float:
    """Return Fleiss' kappa (1971): agreement within items beyond what the label shares alone would give.

    Items may have different numbers of answers; those with one are left out. nan as for alpha.
    """
    per_item, cells, cell_item, cell_label = _counts(answers)
    paired = per_item[cell_item] > 1
    cells, cell_item, cell_label = cells[paired], cell_item[paired], cell_label[paired]
    if not len(cells):
        return float("nan")
    shares = np.bincount(cell_label, weights=cells) / cells.sum()
    chance = float(np.sum(shares**2))
    agreeing = np.bincount(cell_item, weights=cells * (cells - 1), minlength=len(per_item))
    many = per_item > 1
    observed = float(np.mean(agreeing[many] / (per_item[many] * (per_item[many] - 1))))
    return (observed - chance) / (1 - chance) if chance < 1 else float("nan")


def with_interval(
    measure: Callable[[Answers], float],
    answers: Answers,
    *,
    rng: np.random.Generator,
    resamples: int = 400,
) -> Agreement:
    """Return a measure with the interval that drawing as many items again would give (bootstrap).

    Items are drawn and not answers: answers to one item depend on each other.
    """
    order = np.argsort(answers.item, kind="stable")
    first = np.searchsorted(answers.item[order], np.arange(len(answers.items) + 1))
    values = [measure(_drawn(answers, order, first, rng)) for _ in range(resamples)]
    known = np.array(values)[np.isfinite(values)]
    tail = (1 - INTERVAL) / 2
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (np.nan, np.nan)
    return Agreement(measure(answers), float(low), float(high))


def _drawn(
    answers: Answers, order: NDArray[np.int64], first: NDArray[np.int64], rng: np.random.Generator
) -> Answers:
    items = rng.integers(len(answers.items), size=len(answers.items))
    size = first[items + 1] - first[items]
    begin = np.cumsum(size) - size
    rows = order[np.arange(size.sum()) - np.repeat(begin, size) + np.repeat(first[items], size)]
    return Answers(
        item=np.repeat(np.arange(len(items), dtype=np.int32), size),
        worker=answers.worker[rows],
        label=answers.label[rows],
        items=answers.items,
        workers=answers.workers,
        labels=answers.labels,
    )


def _places(answers: Answers, by_label: Floats, level: Level) -> Floats | None:
    """Return where each label stands, such that squared distance is disagreement; None for nominal ones."""
    if level == "nominal":
        return None
    if level == "ordinal":
        # The answers below a label, and half of its own: differences are Krippendorff's ordinal metric.
        return np.asarray(np.cumsum(by_label) - by_label / 2.0, dtype=np.float64)
    try:
        return np.array([float(label) for label in answers.labels])
    except ValueError as error:
        raise ValueError(f"level interval needs numbers for labels: {error}") from None


def _spread(place: Floats, weight: Floats, group: NDArray[np.int64]) -> Floats:
    """Return, for each group, the sum of weighted squared distances over all ordered pairs."""
    centred = place - np.average(place, weights=weight) if weight.sum() else place
    total = np.bincount(group, weight)
    first = np.bincount(group, weight * centred)
    second = np.bincount(group, weight * centred**2)
    return np.asarray(2.0 * (total * second - first**2), dtype=np.float64)


def _counts(answers: Answers) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Count answers per item, and per occupied (item, label) cell with the cell's item and label."""
    width = max(len(answers.labels), 1)
    cell, cells = np.unique(answers.item.astype(np.int64) * width + answers.label, return_counts=True)
    per_item = np.bincount(answers.item, minlength=len(answers.items))
    return per_item.astype(np.float64), cells.astype(np.float64), cell // width, cell % width
