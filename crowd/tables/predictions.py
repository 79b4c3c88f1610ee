"""A model's probabilities, from CSV or from a numpy file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crowd.errors import Problem, Unprocessable, bad_input, bad_inputs
from crowd.tables import npy
from crowd.tables.columns import ragged
from crowd.tables.header import canonical, positions
from crowd.tables.npy import Floats
from crowd.tables.reading import MOST_PROBLEMS, csv_rows, empty, place, text
from crowd.tables.source import Source

# The same slack as crowd.selection.predictions.check, which renormalises what passes here.
TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class PredictionTable:
    """Probabilities of I items over K labels."""

    keys: list[str]
    labels: tuple[str, ...]
    probabilities: Floats
    """(I, K), finite, none negative, each row within 0.001 of a sum of 1."""


def read_predictions(source: Source, labels: Sequence[str] | None = None) -> PredictionTable:
    """Read a CSV file (`item` and one column per label) or a two-dimensional .npy file.

    Args:
        source: The file; what it is, its first bytes tell.
        labels: The label set: the order of the result's columns, and what a CSV file's must be. Without
            it the columns of .npy go by their numbers; its items always go by their row, from 0.
    """
    return _from_npy(source, labels) if npy.recognises(source) else _from_csv(source, labels)


def _from_npy(source: Source, labels: Sequence[str] | None) -> PredictionTable:
    matrix = npy.matrix(source)
    rows, width = matrix.shape
    names = tuple(map(str, range(width))) if labels is None else tuple(labels)
    if len(names) != width:
        message = f"has {width} columns, the label set has {len(names)}: {', '.join(names)}"
        raise bad_input(source.name, message)
    places = [f"{source.name} row {row}" for row in range(rows)]
    return _checked(source, PredictionTable([str(row) for row in range(rows)], names, matrix), places)


def _from_csv(source: Source, labels: Sequence[str] | None) -> PredictionTable:
    rows = csv_rows(source.name, text(source))
    line, header = next(rows)
    item, columns = _columns(source.name, line, header, labels)
    lines: dict[str, int] = {}
    numbers: list[list[float]] = []
    problems: list[Problem] = []
    for line, cells in rows:
        try:
            if len(cells) != len(header):
                raise bad_inputs([ragged(source.name, line, cells, header)], what=source.name)
            _claim(source.name, cells[item], line, lines)
            numbers.append([_number(source.name, line, label, cells[at]) for label, at in columns.items()])
        except Unprocessable as error:
            problems += error.problems
    if problems:
        raise bad_inputs(problems[:MOST_PROBLEMS], what=source.name, found=len(problems))
    if not numbers:
        raise empty(source.name)
    places = [place(source.name, line) for line in lines.values()]
    return _checked(source, PredictionTable(list(lines), tuple(columns), np.array(numbers)), places)


def _columns(
    name: str, line: int, header: Sequence[str], labels: Sequence[str] | None
) -> tuple[int, dict[str, int]]:
    """Return the position of the key, and those of the labels in the order of the label set."""
    names = [label for label in canonical(name, line, header) if label != "item"]
    wanted = tuple(dict.fromkeys(names)) if labels is None else tuple(labels)
    if not wanted:
        raise bad_input(place(name, line), "has no label columns; give item and one column per label")
    at = positions((name, line), header, ("item", *wanted))
    return at.pop("item"), at


def _claim(name: str, key: str, line: int, lines: dict[str, int]) -> None:
    """Note the line of an item; refuse a blank or a second one."""
    if not key.strip():
        raise bad_input(place(name, line, "item"), "is blank")
    if (first := lines.setdefault(key, line)) != line:
        raise bad_input(place(name, line, "item"), f"item {key!r} stands on line {first} already; keep one")


def _number(name: str, line: int, label: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        message = f"{cell!r} is not a number; each column beside item is a label"
        raise bad_input(place(name, line, label), message) from None


def _checked(source: Source, table: PredictionTable, places: Sequence[str]) -> PredictionTable:
    """Refuse values that are no probabilities, and rows that do not sum to 1."""
    matrix = table.probabilities
    bad = ~(np.isfinite(matrix) & (matrix >= 0))
    problems = [
        Problem(
            f"{places[row]}, field {table.labels[column]}",
            f"{matrix[row, column]:g} is no probability; give a number from 0 to 1",
        )
        for row, column in np.argwhere(bad)[:MOST_PROBLEMS].tolist()
    ]
    with np.errstate(over="ignore"):
        total = np.where(bad, 0, matrix).sum(axis=1)
    off = ~bad.any(axis=1) & (np.abs(total - 1) > TOLERANCE)
    problems += [
        Problem(places[row], f"the probabilities sum to {total[row]:.6g}; divide each row by its sum")
        for row in np.flatnonzero(off)[:MOST_PROBLEMS].tolist()
    ]
    if problems:
        raise bad_inputs(problems[:MOST_PROBLEMS], what=source.name, found=len(problems))
    return table
