"""Pairwise comparisons: who beat whom, by which worker's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Codes

Floats = NDArray[np.float64]
Outcome = Literal["left", "right", "tie"]
LEFT, RIGHT, TIE = 0, 1, 2
CODES: dict[str, int] = {"left": LEFT, "right": RIGHT, "tie": TIE}


@dataclass(frozen=True, slots=True)
class Comparisons:
    """N comparisons: `worker[n]` found `outcome[n]` between objects `left[n]` and `right[n]`."""

    worker: Codes
    left: Codes
    right: Codes
    outcome: Codes
    objects: tuple[str, ...]
    workers: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of comparisons."""
        return len(self.outcome)

    @classmethod
    def from_columns(
        cls, workers: Sequence[str], left: Sequence[str], right: Sequence[str], outcomes: Sequence[str]
    ) -> Comparisons:
        """Code four columns; every row is a comparison of its own.

        Raises:
            ValueError: The columns differ in length, an outcome is unknown, or an object meets itself.
        """
        if not len(workers) == len(left) == len(right) == len(outcomes):
            raise ValueError("columns differ in length")
        for row, (one, other, outcome) in enumerate(zip(left, right, outcomes, strict=True), 1):
            if outcome not in CODES:
                raise ValueError(f"row {row}: outcome {outcome!r} is none of left, right, tie")
            if one == other:
                raise ValueError(f"row {row}: {one!r} is compared with itself")
        objects, people = sorted({*left, *right}), sorted(set(workers))
        place = {name: code for code, name in enumerate(objects)}
        person = {name: code for code, name in enumerate(people)}
        rows = sorted(
            (person[w], place[a], place[b], CODES[o])
            for w, a, b, o in zip(workers, left, right, outcomes, strict=True)
        )
        columns = np.array(rows, dtype=np.int32).reshape(-1, 4).T
        return cls(columns[0], columns[1], columns[2], columns[3], tuple(objects), tuple(people))


@dataclass(frozen=True, slots=True)
class Ranking:
    """M objects in order, the best first."""

    method: str
    objects: tuple[str, ...]
    score: Floats
    """(M,) in the order of `objects`; what it is, each method says."""
    error: Floats
    """(M,) standard error of the score; nan where the method has none."""
    confidence: Floats
    """(M,) probability that an object really is better than the next one; nan for the last."""
    skill: Floats
    """(W,) share of a worker's answers that say something about the objects; nan where not modelled."""


def ranked(
    method: str, objects: Sequence[str], score: Floats, covariance: Floats | None, skill: Floats
) -> Ranking:
    """Order objects by score, equal ones by name."""
    order = sorted(range(len(objects)), key=lambda n: (-score[n], objects[n]))
    spread = np.full((len(objects), len(objects)), np.nan) if covariance is None else covariance
    return Ranking(
        method=method,
        objects=tuple(objects[n] for n in order),
        score=score[order],
        error=np.sqrt(np.diag(spread))[order],
        confidence=_above(score[order], spread[np.ix_(order, order)]),
        skill=skill,
    )


def _above(score: Floats, covariance: Floats) -> Floats:
    from scipy.special import ndtr

    sure = np.full(len(score), np.nan)
    variance = np.diag(covariance)
    apart = variance[:-1] + variance[1:] - 2.0 * np.diag(covariance, 1)
    sure[:-1] = ndtr((score[:-1] - score[1:]) / np.sqrt(apart))
    return sure
