"""Items to be labeled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crowd.errors import Problem, bad_inputs
from crowd.tables.reading import MOST_PROBLEMS, place
from crowd.tables.records import Record, read_records
from crowd.tables.source import Source


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item: the requester's key, what is shown of it, and where it was read."""

    key: str
    payload: dict[str, Any]
    where: str


def read_items(source: Source) -> list[ItemRow]:
    """Read a CSV or JSONL file: `item` (or `task`) is the key, the other columns or fields are the payload.

    Values from CSV stay strings. An exact repetition counts once; the same key with another payload is an
    error.
    """
    first: dict[str, Record] = {}
    problems = [
        Problem(place(source.name, record.line), message)
        for record in read_records(source)
        if (message := _fault(record, first.setdefault(record.key, record)))
    ]
    if problems:
        raise bad_inputs(problems[:MOST_PROBLEMS], what=source.name, found=len(problems))
    return [ItemRow(key, record.fields, place(source.name, record.line)) for key, record in first.items()]


def _fault(record: Record, first: Record) -> str:
    if not record.fields:
        return "has nothing beside its key; give at least one more column or field to show"
    if record.fields != first.fields:
        return f"item {record.key!r} stands on line {first.line} with another payload; keep one"
    return ""
