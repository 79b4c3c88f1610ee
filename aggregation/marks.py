"""Things marked on an item: boxes on an image, spans in a text; marks of one thing are found together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from aggregation.answers import Answers
from aggregation.consensus import Consensus, conclude
from aggregation.pinned import one_coin
from aggregation.presence import Candidate, presence
from aggregation.readings import Estimates, Floats, Readings, votes
from aggregation.votes import majority

Mark = TypeVar("Mark")
APART = -1.0


@dataclass(frozen=True, slots=True)
class Found(Generic[Mark]):
    """One thing that at least one worker marked."""

    mark: Mark
    probability: float  # that it is really there
    marked: int  # workers who marked it
    looked: int  # workers who answered the item


@dataclass(frozen=True, slots=True)
class Marks(Estimates[tuple[Mark, ...]], Generic[Mark]):
    """The marks more likely there than not; `confidence` is the chance that none is wrong or missing.

    For that the marks of an item are taken as independent; what nobody marked is not thought of.
    """

    found: tuple[tuple[Found[Mark], ...], ...]
    """For each item everything that anybody marked."""


def merge_marks(
    readings: Readings[tuple[Mark, ...]],
    *,
    name: str,
    similarity: Callable[[Sequence[Mark]], Floats],
    merge: Callable[[Sequence[Mark]], Mark],
    threshold: float,
) -> Marks[Mark]:
    """Group the marks of each item, merge every group to one, and tell how likely it is there.

    Args:
        readings: What each worker marked; an empty tuple for someone who looked and found nothing.
        name: Of the method.
        similarity: (n, n) likeness of marks, from 0 to 1.
        merge: Several marks of one thing as one.
        threshold: Mean likeness from which on groups are the same thing.
    """
    groups: list[list[tuple[int, Mark]]] = []
    candidates: list[Candidate] = []
    of_item: list[int] = []
    for item, rows in readings.by_item():
        marks = [(int(readings.worker[n]), mark) for n in rows for mark in readings.values[n]]
        looked = [int(readings.worker[n]) for n in rows]
        for group in _groups(marks, similarity, threshold):
            groups.append([marks[n] for n in group])
            candidates.append(Candidate(looked, {marks[n][0] for n in group}))
            of_item.append(item)
    probability, skill = presence(candidates, len(readings.workers), method=_careful)
    found: list[list[Found[Mark]]] = [[] for _ in readings.items]
    for place, members, candidate, chance in zip(
        of_item, groups, candidates, probability.tolist(), strict=True
    ):
        merged = merge([mark for _, mark in members])
        found[place].append(Found(merged, chance, len(candidate.marked), len(candidate.looked)))
    count = votes(readings)
    return Marks(
        method=name,
        values=tuple(
            tuple(one.mark for one in item if one.probability > 0.5) if answered else None
            for item, answered in zip(found, count > 0, strict=True)
        ),
        confidence=np.array(
            [
                np.prod([max(one.probability, 1.0 - one.probability) for one in item]) if answered else np.nan
                for item, answered in zip(found, count > 0, strict=True)
            ]
        ),
        votes=count,
        skill=skill,
        found=tuple(tuple(item) for item in found),
    )


def _careful(answers: Answers) -> Consensus:
    """Average the shares of those who marked with a model of one coin for each worker.

    A whole matrix would mislead: what nobody marked is never seen, so how often workers mark what is not
    there cannot be told from how often they overlook what is. And they overlook the same small things,
    which the coins take for independent; the shares keep them modest.
    """
    coins, shares = one_coin(answers), majority(answers)
    return conclude("marks", answers, (coins.posterior + shares.posterior) / 2.0)


def _groups(
    marks: Sequence[tuple[int, Mark]], similarity: Callable[[Sequence[Mark]], Floats], threshold: float
) -> list[list[int]]:
    """Join the most alike until none are alike enough (mean linkage); never two marks of one worker."""
    if not marks:
        return []
    workers = np.array([worker for worker, _ in marks])
    likeness = similarity([mark for _, mark in marks]).astype(np.float64)
    likeness[workers[:, None] == workers[None, :]] = APART
    size = np.ones(len(marks))
    groups: dict[int, list[int]] = {n: [n] for n in range(len(marks))}
    while True:
        kept, gone = divmod(int(likeness.argmax()), len(marks))
        if likeness[kept, gone] < threshold:
            return list(groups.values())
        groups[kept] += groups.pop(gone)
        both = (size[kept] * likeness[kept] + size[gone] * likeness[gone]) / (size[kept] + size[gone])
        both[(likeness[kept] == APART) | (likeness[gone] == APART)] = APART
        likeness[kept] = likeness[:, kept] = both
        likeness[gone] = likeness[:, gone] = APART
        size[kept] += size[gone]
