"""Answers that are not labels: sets, numbers, texts, boxes, spans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Codes

Value = TypeVar("Value")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Readings(Generic[Value]):
    """N answers by item, then worker: `values[n]` is what `worker[n]` said about `item[n]`."""

    item: Codes
    worker: Codes
    values: tuple[Value, ...]
    items: tuple[str, ...]
    workers: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of answers."""
        return len(self.values)

    @classmethod
    def from_columns(
        cls,
        items: Sequence[str],
        workers: Sequence[str],
        values: Sequence[Value],
        *,
        item_ids: Sequence[str] | None = None,
    ) -> Readings[Value]:
        """Code two columns of names; the order of rows does not matter.

        Of several answers of one worker to one item the last given counts. `item_ids` names every item there
        is, answered or not; by default those seen.

        Raises:
            ValueError: The columns differ in length, or a row names an item that is not listed.
        """
        if not len(items) == len(workers) == len(values):
            sizes = f"{len(items)} items, {len(workers)} workers, {len(values)} values"
            raise ValueError(f"columns differ in length: {sizes}")
        names = sorted(set(items if item_ids is None else item_ids))
        people = sorted(set(workers))
        place = {name: code for code, name in enumerate(names)}
        person = {name: code for code, name in enumerate(people)}
        for row, name in enumerate(items, 1):
            if name not in place:
                raise ValueError(f"row {row}: item {name!r} is not among the items")
        last = {(place[i], person[w]): value for i, w, value in zip(items, workers, values, strict=True)}
        claims = sorted(last)
        return cls(
            item=np.array([claim[0] for claim in claims], dtype=np.int32),
            worker=np.array([claim[1] for claim in claims], dtype=np.int32),
            values=tuple(last[claim] for claim in claims),
            items=tuple(names),
            workers=tuple(people),
        )

    def by_item(self) -> Iterator[tuple[int, list[int]]]:
        """Yield every answered item with the positions of its answers."""
        for item, rows in groupby(range(len(self)), key=lambda n: int(self.item[n])):
            yield item, list(rows)


@dataclass(frozen=True, slots=True)
class Estimates(Generic[Value]):
    """What a method concludes about I items from W workers."""

    method: str
    values: tuple[Value | None, ...]
    """One for each of `Readings.items`; None where there is no answer."""
    confidence: Floats
    """(I,) from 0 to 1; what it is the probability of, each method says. nan where there is no answer."""
    votes: NDArray[np.int64]
    """(I,) answers read."""
    skill: Floats
    """(W,) from 0 to 1, how good the worker's answers are; each method says by what measure."""


def votes(readings: Readings[Value]) -> NDArray[np.int64]:
    """Return the number of answers to each item."""
    return np.bincount(readings.item, minlength=len(readings.items))
