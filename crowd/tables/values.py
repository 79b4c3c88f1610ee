"""Answers that are no labels, as cells of a CSV file and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aggregation.boxes import Box
from aggregation.comparisons import CODES, Comparisons
from aggregation.readings import Readings
from aggregation.spans import Span
from crowd.tables.columns import Column, Fault, Table, read_columns
from crowd.tables.source import Source

SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Form:
    """How a value stands in a cell; `parse` raises ValueError with what is wrong."""

    parse: Callable[[str], Any]
    write: Callable[[Any], str]


def read_values(source: Source, form: Form) -> tuple[Readings[Any], int]:
    """Read a CSV file with item (or `task`), worker and label; return its answers, and how many rows it has.

    A blank label is the empty set, the empty text, no box: where a kind has no such value it is an error.
    """
    table = read_columns(source, ("item", "worker"), ("label",), extra="ignore")
    values = _parsed(table, form)
    items, workers = list(table.columns["item"]), list(table.columns["worker"])
    return Readings.from_columns(items, workers, values), len(table)


def read_true_values(source: Source, form: Form) -> dict[str, Any]:
    """Read a CSV file with item (or `task`) and label."""
    table = read_columns(source, ("item",), ("label",), extra="ignore")
    return dict(zip(table.columns["item"], _parsed(table, form), strict=True))


def read_comparisons(source: Source) -> Comparisons:
    """Read a CSV file with worker, left, right, and label: left, right or tie."""
    table = read_columns(source, ("worker", "left", "right", "label"), extra="ignore")
    columns = table.columns
    faults: list[Fault] = [
        (row, "label", f"{name!r} is none of {', '.join(CODES)}")
        for name in columns["label"].names
        if name not in CODES
        for row in columns["label"].rows_of(name)
    ]
    faults += [
        (row, "right", f"{left!r} is compared with itself")
        for row, (left, right) in enumerate(zip(columns["left"], columns["right"], strict=True))
        if left == right
    ]
    if faults:
        raise table.error(faults)
    return Comparisons.from_columns(*[list(columns[name]) for name in ("worker", "left", "right", "label")])


def _parsed(table: Table, form: Form) -> list[Any]:
    """Parse each distinct cell once."""
    column = table.columns.get("label")
    if column is None:
        raise table.error([(0, "label", "the column is missing")])
    values: list[Any] = [None] * len(column.names)
    faults: list[Fault] = []
    for code, name in enumerate(column.names):
        try:
            values[code] = form.parse(name)
        except ValueError as error:
            faults += [(row, "label", str(error)) for row in column.rows_of(name)]
    if faults:
        raise table.error(faults)
    return _spread(column, values)


def _spread(column: Column, values: Sequence[Any]) -> list[Any]:
    return [values[code] for code in column.codes.tolist()]


def _set(cell: str) -> frozenset[str]:
    return frozenset(label.strip() for label in cell.split(SEPARATOR) if label.strip())


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"{cell!r} is not a number") from None


def _listed(cell: str, what: str) -> list[Any]:
    try:
        found = json.loads(cell or "[]")
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, list):
        raise ValueError(f"is not a JSON list of {what}")  # noqa: TRY004 - as promised
    return found


def _boxes(cell: str) -> tuple[Box, ...]:
    """Read [[left, top, right, bottom], …], with a label for a fifth, or the form we store.

    A box without area is a slip of the mouse, and left out.
    """
    corners = [_corners_of(entry) for entry in _listed(cell, "boxes")]
    return tuple(
        Box(left, top, right, bottom, label)
        for left, top, right, bottom, label in corners
        if left < right and top < bottom
    )


def _corners_of(entry: Any) -> tuple[float, float, float, float, str]:  # noqa: ANN401 - any JSON value
    try:
        if isinstance(entry, dict):
            left, top = float(entry["x"]), float(entry["y"])
            right, bottom = left + float(entry["width"]), top + float(entry["height"])
            return left, top, right, bottom, str(entry.get("label", ""))
        left, top, right, bottom = map(float, entry[:4])
        return left, top, right, bottom, str(entry[4]) if len(entry) > 4 else ""
    except (TypeError, KeyError, ValueError):
        raise ValueError(
            f"{entry!r} is no box: give [left, top, right, bottom] or x, y, width, height"
        ) from None


def _spans(cell: str) -> tuple[Span, ...]:
    """Read [[start, end, label], …], or our own form with start, end, label."""
    return tuple(_span(entry) for entry in _listed(cell, "spans"))


def _span(entry: Any) -> Span:  # noqa: ANN401 - any JSON value
    try:
        if isinstance(entry, dict):
            return Span(int(entry["start"]), int(entry["end"]), str(entry.get("label", "")))
        start, end, *label = entry
        return Span(int(start), int(end), *map(str, label))
    except (TypeError, KeyError):
        raise ValueError(f"{entry!r} is no span: give [start, end, label]") from None


def _corners(boxes: Sequence[Box]) -> str:
    rows = [[box.left, box.top, box.right, box.bottom, *([box.label] if box.label else [])] for box in boxes]
    return json.dumps(rows, ensure_ascii=False)


def _ends(spans: Sequence[Span]) -> str:
    return json.dumps(
        [[span.start, span.end, *([span.label] if span.label else [])] for span in spans], ensure_ascii=False
    )


FORMS: dict[str, Form] = {
    "sets": Form(_set, lambda labels: SEPARATOR.join(sorted(labels))),
    "numbers": Form(_number, lambda number: repr(round(number, 9))),
    "texts": Form(str, str),
    "boxes": Form(_boxes, _corners),
    "spans": Form(_spans, _ends),
}
