"""What answers that are no labels claim of themselves, and how much of it is so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from aggregation.boxes import Box, overlaps
from aggregation.comparisons import Comparisons
from aggregation.label_sets import LabelSets
from aggregation.marks import Marks
from aggregation.quantities import Quantities
from aggregation.rankings import LEFT, RIGHT, TIE, bradley_terry
from aggregation.readings import Estimates
from aggregation.transcripts import edit_distance, words_of

Floats = np.ndarray
SAME_BOX = 0.5
NOT_A_MATCH = 10.0


class Claims(NamedTuple):
    """Probabilities that were claimed, and what came true of each, from 0 to 1."""

    claimed: Floats
    right: Floats


def of_numbers(found: Quantities, truth: Sequence[Any]) -> dict[str, Claims]:
    """Compare the chance to lie within half a standard deviation with what does."""
    values = np.array(found.values, dtype=float)
    off = np.abs(values - np.array([np.nan if true is None else true for true in truth], dtype=float))
    known = ~np.isnan(off)
    return {"a number": Claims(found.confidence[known], (off <= values.std() / 2.0)[known].astype(float))}


def of_sets(found: LabelSets, truth: Sequence[Any]) -> dict[str, Claims]:
    """Compare the probability of each label with the truth about it, and a set's with all that is known."""
    one: list[tuple[float, bool]] = []
    every: list[tuple[float, bool]] = []
    for value, row, sure, true in zip(found.values, found.probability, found.confidence, truth, strict=True):
        right = {label: (label in value) == there for label, there in (true or {}).items()}
        chances = {label: float(row[found.labels.index(label)]) for label in right}
        one += [
            (chance if label in value else 1.0 - chance, right[label]) for label, chance in chances.items()
        ]
        if len(right) > 1:
            every.append((float(sure), all(right.values())))
    return {"a label": _claims(one), "a set": _claims(every)}


def of_boxes(found: Marks[Box], truth: Sequence[Any]) -> dict[str, Claims]:
    """Compare each box's probability with its being there, and an image's with all of it being right."""
    one: list[tuple[float, bool]] = []
    every: list[tuple[float, bool]] = []
    for marks, sure, true in zip(found.found, found.confidence, truth, strict=True):
        if true is None:
            continue
        there = _there([mark.mark for mark in marks], [mark.probability for mark in marks], true)
        one += [(mark.probability, so) for mark, so in zip(marks, there, strict=True)]
        every.append(
            (sure, all((mark.probability > 0.5) == so for mark, so in zip(marks, there, strict=True)))
        )
    return {"a box": _claims(one), "an image": _claims(every)}


def of_texts(found: Estimates[str], truth: Sequence[Any]) -> dict[str, Claims]:
    """Compare the share of weight behind the words with the share of them that is right."""
    pairs = []
    for value, sure, true in zip(found.values, found.confidence, truth, strict=True):
        if true is not None:
            mine, other = words_of(value or "").keys, words_of(true).keys
            pairs.append((float(sure), 1.0 - min(edit_distance(mine, other) / max(len(other), 1), 1.0)))
    return {"a word": _claims(pairs)}


OF: Mapping[str, Callable[[Any, Sequence[Any]], dict[str, Claims]]] = {
    "numbers": of_numbers,
    "sets": of_sets,
    "boxes": of_boxes,
    "texts": of_texts,
}


def of_rankings(
    comparisons: Comparisons, rank: Callable[[Comparisons], Any], rng: np.random.Generator, draws: int
) -> Claims:
    """Answer the same questions anew from strengths taken for true, and look who is above the next in truth.

    Nobody knows the true order of recorded objects; this shows whether the arithmetic is honest where its
    model holds.
    """
    true = bradley_terry(comparisons)
    strength = dict(zip(true.objects, true.score.tolist(), strict=True))
    power = np.array([strength[name] for name in comparisons.objects])
    tie = np.log(np.mean(comparisons.outcome == TIE) / np.mean(comparisons.outcome != TIE) * 2.0)
    told: list[tuple[float, bool]] = []
    for _ in range(draws):
        found = rank(_answered(comparisons, power, tie, rng))
        order = [strength[name] for name in found.objects]
        told += [
            (float(sure), one > next_)
            for sure, one, next_ in zip(found.confidence[:-1], order[:-1], order[1:], strict=True)
        ]
    return _claims(told)


def _answered(comparisons: Comparisons, power: Floats, tie: float, rng: np.random.Generator) -> Comparisons:
    left, right = power[comparisons.left], power[comparisons.right]
    logits = np.stack([left, right, tie + (left + right) / 2.0], axis=1)
    chance = np.exp(logits - logits.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    said = (rng.random((len(chance), 1)) > np.cumsum(chance, axis=1)).sum(axis=1)
    codes = np.array([LEFT, RIGHT, TIE], dtype=np.int32)[np.minimum(said, 2)]
    return Comparisons(
        comparisons.worker,
        comparisons.left,
        comparisons.right,
        codes,
        comparisons.objects,
        comparisons.workers,
    )


def _there(boxes: Sequence[Box], chances: Sequence[float], true: Sequence[Box]) -> list[bool]:
    """Pair boxes with true ones that they overlap by half; of two for one, the likelier is it."""
    from scipy.optimize import linear_sum_assignment

    if not boxes or not true:
        return [False] * len(boxes)
    likeness = overlaps([*boxes, *true])[: len(boxes), len(boxes) :]
    cost = np.where(likeness >= SAME_BOX, -1.0 - np.array(chances)[:, None], NOT_A_MATCH)
    place, other = linear_sum_assignment(cost)
    found = set(place[likeness[place, other] >= SAME_BOX].tolist())
    return [n in found for n in range(len(boxes))]


def _claims(pairs: Sequence[tuple[float, float]]) -> Claims:
    claimed, right = np.array(pairs, dtype=float).reshape(-1, 2).T
    return Claims(claimed, right)
