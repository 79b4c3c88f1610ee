"""Rows with free fields, from CSV or JSONL: a key, and whatever else the file holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crowd.errors import Problem, bad_input, bad_inputs
from crowd.tables.columns import ragged
from crowd.tables.header import ALIASES, canonical, positions
from crowd.tables.reading import MOST_PROBLEMS, csv_rows, empty, json_objects, place, text
from crowd.tables.source import Source

JSONL_NAMES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its item, its other fields (strings from CSV, JSON values from JSONL), and its line."""

    key: str
    fields: dict[str, Any]
    line: int


def read_records(source: Source) -> list[Record]:
    """Read a CSV or JSONL file whose rows name an item in the column or field `item` (or `task`)."""
    content = text(source)
    jsonl = source.name.lower().endswith(JSONL_NAMES) or content.lstrip().startswith("{")
    problems: list[Problem] = []
    parse = _from_jsonl if jsonl else _from_csv
    records = [record for record in parse(source.name, content, problems) if record.key]
    if problems:
        raise bad_inputs(problems[:MOST_PROBLEMS], what=source.name, found=len(problems))
    if not records:
        raise empty(source.name)
    return records


def _from_csv(name: str, content: str, problems: list[Problem]) -> Iterator[Record]:
    rows = csv_rows(name, content)
    line, cells = next(rows)
    header = canonical(name, line, cells)
    if "" in header:
        raise bad_input(place(name, line), "a column has no name (pandas: write with index=False)")
    # Payload columns may bear any name, but each only once: a repeated one would silently replace the first.
    positions(
        (name, line), cells, ("item",), [column for column in dict.fromkeys(header) if column != "item"]
    )
    for line, cells in rows:
        if len(cells) != len(header):
            problems.append(ragged(name, line, cells, header))
            continue
        fields: dict[str, Any] = dict(zip(header, cells, strict=True))
        yield Record(_key(fields.pop("item"), place(name, line, "item"), problems), fields, line)


def _from_jsonl(name: str, content: str, problems: list[Problem]) -> Iterator[Record]:
    for line, fields in json_objects(name, content):
        named = [field for field in ("item", *ALIASES) if field in fields]
        if len(named) != 1:
            message = "name the item in one field, item" if named else "the field item is missing"
            problems.append(Problem(place(name, line), message))
            continue
        yield Record(_key(fields.pop(named[0]), place(name, line, named[0]), problems), fields, line)


def _key(value: object, where: str, problems: list[Problem]) -> str:
    """Return the item's key; blank, with the problem noted, where the value is none."""
    name = as_name(value)
    if not name:
        blank = value is None or (isinstance(value, str) and not value.strip())
        problems.append(Problem(where, "is blank" if blank else "must be text or a whole number"))
    return name


def as_name(value: object) -> str:
    """Return a key or label given as text or whole number; blank for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value.strip() else ""
