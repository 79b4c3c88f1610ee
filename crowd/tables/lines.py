"""Rows go out one by one, as CSV or JSON Lines, without being held all at once."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from crowd.tables.writing import spreadsheet_safe

FORMATS = ("csv", "jsonl")
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


def write_lines(
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    form: str,
    *,
    exact: Collection[str] = (),
) -> Iterator[bytes]:
    """Yield rows in one of `FORMATS`; in CSV a list is its members with spaces between them.

    CSV puts an apostrophe before text that a spreadsheet would run as a formula, but for the columns in
    `exact`; JSON Lines holds everything as it is.
    """
    return _csv(columns, rows, exact) if form == "csv" else _jsonl(columns, rows)


def _jsonl(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        kept = {name: row[name] for name in columns}
        yield json.dumps(kept, ensure_ascii=False).encode() + b"\n"


def _csv(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], exact: Collection[str]
) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row[name] if name in exact else _cell(row[name]) for name in columns])
        yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _cell(value: Any) -> str | int | float | None:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        return spreadsheet_safe(" ".join(map(str, value)))
    if isinstance(value, bool):
        return str(value).lower()
    return spreadsheet_safe(value)
