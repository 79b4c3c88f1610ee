"""Is it really there? Things that some workers marked and others, who looked too, did not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from aggregation.answers import Answers
from aggregation.consensus import Consensus, Floats
from aggregation.panel import panel

ABSENT, PRESENT = 0, 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may be there: who could have marked it, and who did."""

    looked: Sequence[int]
    marked: Collection[int]


def presence(
    candidates: Sequence[Candidate],
    workers: int,
    *,
    method: Callable[[Answers], Consensus] = panel,
) -> tuple[Floats, Floats]:
    """Return the probability that each candidate is there, and how often each worker is right about that.

    Marking or not marking is an answer of two labels, so that the methods for labels apply: they learn who
    overlooks and who sees what is not there.
    """
    rows = [
        (place, worker, PRESENT if worker in candidate.marked else ABSENT)
        for place, candidate in enumerate(candidates)
        for worker in sorted(candidate.looked)
    ]
    columns = np.array(rows, dtype=np.int32).reshape(-1, 3)
    answers = Answers(
        item=columns[:, 0],
        worker=columns[:, 1],
        label=columns[:, 2],
        items=tuple(map(str, range(len(candidates)))),
        workers=tuple(map(str, range(workers))),
        labels=("absent", "present"),
    )
    if not len(answers):
        return np.zeros(len(candidates)), np.full(workers, np.nan)
    found = method(answers)
    return found.posterior[:, PRESENT], found.skill
