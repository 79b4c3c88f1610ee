"""Sets of labels: each label is asked about by itself, and a set is the labels that are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from aggregation.answers import Answers
from aggregation.consensus import Consensus
from aggregation.panel import panel
from aggregation.readings import Estimates, Floats, Readings, votes
from aggregation.votes import majority

Labels = frozenset[str]


@dataclass(frozen=True, slots=True)
class LabelSets(Estimates[Labels]):
    """Sets with the probability of every label; `confidence` is the chance that a whole set is right.

    That would be the product over labels if they were wrong independently. But whoever takes one label for
    another is wrong about two, so the product's logarithm is divided by the labels in which an answer differs
    from the set, on average over the answers that do.
    """

    labels: tuple[str, ...]
    probability: Floats
    """(I, K) that the label belongs to the item's set: 0 if nobody used it; nan where there is no answer."""


def label_panel(readings: Readings[Labels], *, labels: Sequence[str] | None = None) -> LabelSets:
    """Let the panel decide about each label, with what it learns of the workers from that label alone.

    A worker may well know one label and not another. Where no worker ever gave an empty set, neither does
    this: the most probable label stands alone then.
    """
    return _by_label("panel", readings, labels, panel)


def label_majority(readings: Readings[Labels], *, labels: Sequence[str] | None = None) -> LabelSets:
    """Keep the labels that more than half of the workers gave."""
    return _by_label("majority", readings, labels, majority)


def _by_label(
    name: str,
    readings: Readings[Labels],
    labels: Sequence[str] | None,
    method: Callable[[Answers], Consensus],
) -> LabelSets:
    used = sorted(frozenset().union(*readings.values))
    known = tuple(used if labels is None else labels)
    strange = sorted(set(used) - set(known))
    if strange:
        raise ValueError(f"labels: {strange[0]!r} was answered but is not in the label set")
    found = [method(_binary(readings, label)) for label in used]
    probability: Floats = np.zeros((len(readings.items), len(known)))
    for label, one in zip(used, found, strict=True):
        probability[:, known.index(label)] = one.posterior[:, 1]
    count = votes(readings)
    probability[count == 0] = np.nan
    chosen = _chosen(probability, may_be_empty=any(not value for value in readings.values))
    sets = [frozenset(np.array(known, dtype=object)[row].tolist()) for row in chosen]
    sure = np.where(chosen, probability, 1.0 - probability).prod(axis=1) ** (1.0 / _together(readings, sets))
    return LabelSets(
        method=name,
        values=tuple(one if answered else None for one, answered in zip(sets, count > 0, strict=True)),
        confidence=np.where(count > 0, sure, np.nan),
        votes=count,
        skill=_skill(readings, found),
        labels=known,
        probability=probability,
    )


def _binary(readings: Readings[Labels], label: str) -> Answers:
    said = [label in value for value in readings.values]
    return Answers(
        item=readings.item,
        worker=readings.worker,
        label=np.array(said, dtype=np.int32),
        items=readings.items,
        workers=readings.workers,
        labels=("no", "yes"),
    )


def _chosen(probability: Floats, *, may_be_empty: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    chosen = np.nan_to_num(probability) > 0.5
    if not may_be_empty and chosen.shape[1]:
        empty = np.flatnonzero(~chosen.any(axis=1))
        chosen[empty, np.nan_to_num(probability[empty]).argmax(axis=1)] = True
    return chosen


def _together(readings: Readings[Labels], sets: Sequence[Labels]) -> float:
    """Return in how many labels an answer differs from the set, if it does; 1 where none does."""
    apart = [len(said ^ sets[item]) for item, said in zip(readings.item, readings.values, strict=True)]
    return sum(apart) / max(sum(number > 0 for number in apart), 1) or 1.0


def _skill(readings: Readings[Labels], found: Sequence[Consensus]) -> Floats:
    """Return how often each worker is right about a label, on average over the labels."""
    if not found:
        return np.full(len(readings.workers), np.nan)
    return np.asarray(np.mean([one.skill for one in found], axis=0), dtype=np.float64)
