"""From payloads to what a model reads; the shape of the payloads decides which."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from crowd.errors import bad_input
from crowd.learning.model import Inputs, Matrix, rows_of

Kind = Literal["text", "numbers"]
Payload = Mapping[str, Any]
# A link says nothing about what it leads to, and file names tend to give the label away.
LINKS = ("http://", "https://", "s3://", "gs://", "data:")


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The inputs of some payloads, in their order, and the payload fields they come from."""

    kind: Kind
    fields: tuple[str, ...]
    values: Inputs

    def __len__(self) -> int:
        """Return the number of payloads."""
        return len(self.values)

    def take(self, rows: Sequence[int]) -> Inputs:
        """Return some of the inputs, in this order."""
        return rows_of(self.values, rows)


def features_of(payloads: Sequence[Payload]) -> Features:
    """Choose the inputs by the first of these that the payloads have.

    1. Fields that hold lists of numbers, such as pixels or embeddings: numbers, side by side.
    2. Fields with text that is neither a number nor a link: text, one line per field.
    3. Fields that hold numbers: numbers, one column per field, nan where missing.

    Fields are taken in alphabetical order; those of other kinds are passed over.

    Raises:
        Unprocessable: There is nothing to learn from, or the lists of one field differ in length.
    """
    names = sorted({name for payload in payloads for name in payload})
    columns = {name: [payload.get(name) for payload in payloads] for name in names}
    kinds = {name: _kind(columns[name]) for name in names}
    for kind, make in _MAKERS.items():
        if fields := [name for name in names if kinds[name] == kind]:
            inputs = make({name: columns[name] for name in fields})
            return Features("text" if isinstance(inputs, list) else "numbers", tuple(fields), inputs)
    found = ", ".join(names) or "no field at all"
    raise bad_input("payload", f"nothing to learn from in {found}; give text, numbers, or lists of numbers")


def _kind(column: Sequence[object]) -> Literal["vector", "text", "number", "other"]:
    """Tell what a field holds, going by the payloads that have it."""
    there = [value for value in column if value is not None and value != ""]
    if there and all(_is_number(value) for value in there):
        return "number"
    if len(there) == len(column) and all(_is_vector(value) for value in there):
        return "vector"
    strings = [value for value in there if isinstance(value, str)]
    if len(strings) == len(there) and not all(value.startswith(LINKS) for value in strings):
        return "text"
    return "other"


def _vectors(columns: Mapping[str, Sequence[Any]]) -> Matrix:
    for name, column in columns.items():
        odd = next((row for row, vector in enumerate(column) if len(vector) != len(column[0])), None)
        if odd is not None:
            message = f"payload {odd + 1} has {len(column[odd])} numbers, the first has {len(column[0])}"
            raise bad_input(f"field {name}", message)
    return np.hstack([np.array(column, dtype=np.float64) for column in columns.values()])


def _texts(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    return ["\n".join(line for line in lines if line) for lines in zip(*columns.values(), strict=True)]


def _numbers(columns: Mapping[str, Sequence[Any]]) -> Matrix:
    return np.array(
        [[_number(value) for value in column] for column in columns.values()], dtype=np.float64
    ).T.copy()


_MAKERS: Mapping[str, Callable[[Mapping[str, Sequence[Any]]], Inputs]] = {
    "vector": _vectors,
    "text": _texts,
    "number": _numbers,
}


def _is_vector(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    if set(map(type, value)) <= {int, float}:  # nearly always, and many times as fast
        try:
            return all(map(math.isfinite, value))
        except OverflowError:
            return False
    return all(_is_number(part) for part in value)


def _is_number(value: object) -> bool:
    return math.isfinite(_number(value))


def _number(value: object) -> float:
    """Return a number, or a string that is one, as from CSV; nan for anything else."""
    if not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan
