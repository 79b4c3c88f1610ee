"""Labeling functions: rules of a requester's that look at an item and name a label, or stay silent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aggregation.answers import UNKNOWN, Codes
from crowd.errors import CrowdError

Payload = Mapping[str, Any]
Vote = Callable[[Payload], str | None]


@dataclass(frozen=True, slots=True)
class LabelingFunction:
    """One rule by its name; `vote` gives a label, or None where it has nothing to say."""

    name: str
    vote: Vote


def run(functions: Sequence[LabelingFunction], payloads: Sequence[Payload], labels: Sequence[str]) -> Codes:
    """Return (items, functions) label codes, -1 where a function is silent.

    Raises:
        CrowdError: A function failed, or named a label that is not in the set.
    """
    code = {label: place for place, label in enumerate(labels)}
    votes = np.full((len(payloads), len(functions)), UNKNOWN, dtype=np.int32)
    for column, function in enumerate(functions):
        for row, payload in enumerate(payloads):
            label = _voted(function, payload, row)
            if label is not None:
                votes[row, column] = _known(function, label, code, row)
    return votes


def matching(pattern: str, label: str, field: str | None) -> Vote:
    """Name the label where the pattern is found.

    Raises:
        ValueError: It is no regular expression.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return lambda payload: label if compiled.search(_text(payload, field)) else None


def containing(words: Sequence[str], label: str, field: str | None) -> Vote:
    """Name the label where one of the words or phrases stands as such, in capitals or not."""
    listed = "|".join(re.escape(word) for word in words)
    return matching(rf"(?i)(?<!\w)(?:{listed})(?!\w)", label, field)


def looked_up(table: Mapping[str, str], field: str) -> Vote:
    """Name the label that the table has for the field's value."""
    return lambda payload: table.get(_text(payload, field))


def column(field: str, meaning: Mapping[str, str]) -> Vote:
    """Name the field's own value as label, or what it means."""
    return lambda payload: meaning.get(text, text) if (text := _text(payload, field)) else None


def _text(payload: Payload, field: str | None) -> str:
    if field is not None:
        value = payload.get(field)
        return "" if value is None else str(value)
    return "\n".join(value for value in payload.values() if isinstance(value, str))


def _voted(function: LabelingFunction, payload: Payload, row: int) -> str | None:
    try:
        return function.vote(payload)
    except Exception as error:
        message = f"labeling function {function.name!r} failed on item {row + 1}"
        raise CrowdError(f"{message}: {type(error).__name__}: {error}") from error


def _known(function: LabelingFunction, label: object, code: Mapping[str, int], row: int) -> int:
    if not isinstance(label, str) or label not in code:
        offered = ", ".join(map(repr, code))
        raise CrowdError(
            f"labeling function {function.name!r} named {label!r} on item {row + 1}; the labels are {offered}"
        )
    return code[label]
