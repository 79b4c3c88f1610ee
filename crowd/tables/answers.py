"""Recorded answers: who said what about which item, and optionally when and how fast."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from crowd.tables.columns import Column, Fault, Table, read_columns
from crowd.tables.header import Extra
from crowd.tables.source import Source

REQUIRED = ("item", "worker", "label")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AnswerTable:
    """The answers of a file in the order of its rows."""

    items: Column
    workers: Column
    labels: Column
    timestamp: Floats | None
    """Seconds since 1970 in UTC; nan where blank. None without the column, or when it was not asked for."""
    seconds: Floats | None
    """Seconds the worker took; nan where blank. None without the column, or when it was not asked for."""
    table: Table

    def __len__(self) -> int:
        """Return the number of answers."""
        return len(self.items)

    def place(self, row: int, field: str) -> str:
        """Return file, line and field of a row counted from 0."""
        return self.table.places([(row, field)])[0]

    def coded(self, label_set: Sequence[str] | None = None) -> Answers:
        """Return what `Answers.from_columns` makes of these columns, from the codes that are here already.

        `label_set` gives the labels and their order; by default those in the file, sorted.
        """
        item, items = _sorted(self.items)
        worker, workers = _sorted(self.workers)
        label, labels = _sorted(self.labels) if label_set is None else _ordered(self.labels, label_set)
        return Answers.from_codes(item, worker, label, items, workers, labels)


def read_answers(
    source: Source,
    *,
    labels: Collection[str] | None = None,
    times: Collection[str] = ("timestamp", "seconds"),
    extra: Extra = "refuse",
) -> AnswerTable:
    """Read a CSV file with the columns item (or `task`), worker, label.

    Args:
        source: The file.
        labels: The label set; a label outside it is an error.
        times: Which of the optional columns to read: `timestamp` (ISO 8601, in UTC unless it says otherwise)
            and `seconds`.
        extra: Whether other columns are an error or passed over.
    """
    table = read_columns(source, REQUIRED, tuple(times), extra=extra)
    if labels is not None and (faults := outside(table, labels)):
        raise table.error(faults)
    return AnswerTable(
        items=table.columns["item"],
        workers=table.columns["worker"],
        labels=table.columns["label"],
        timestamp=_numbers(table, "timestamp", _moment),
        seconds=_numbers(table, "seconds", _duration),
        table=table,
    )


def outside(table: Table, labels: Collection[str]) -> list[Fault]:
    """Return the rows whose label is not in the label set."""
    column = table.columns["label"]
    listed = ", ".join(map(repr, labels))
    return [
        (row, "label", f"{name!r} is not in the label set: {listed}")
        for name in column.names
        if name not in labels
        for row in column.rows_of(name)
    ]


def _sorted(column: Column) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    order = sorted(range(len(column.names)), key=column.names.__getitem__)
    recoded = np.empty(len(order), dtype=np.int32)
    recoded[order] = np.arange(len(order), dtype=np.int32)
    return recoded[column.codes], tuple(map(column.names.__getitem__, order))


def _ordered(column: Column, names: Sequence[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    position = {name: code for code, name in enumerate(names)}
    recoded = np.fromiter(map(position.__getitem__, column.names), np.int32, len(column.names))
    return recoded[column.codes], tuple(names)


def _numbers(table: Table, field: str, parse: Callable[[str], float]) -> Floats | None:
    """Parse each distinct value of an optional column once."""
    if field not in table.columns:
        return None
    column = table.columns[field]
    values, faults = np.full(len(column.names), np.nan), list[Fault]()
    for code, name in enumerate(column.names):
        try:
            values[code] = parse(name) if name.strip() else np.nan
        except (ValueError, OverflowError) as error:
            faults += [(row, field, f"{name!r}: {error}") for row in column.rows_of(name)]
    if faults:
        raise table.error(faults)
    return values[column.codes]


def _moment(value: str) -> float:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is not an ISO 8601 time, such as 2026-09-30T12:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _duration(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError("is not a number of seconds, 0 or more")
    return seconds
