"""The text of a source as CSV rows or JSON objects, each with the line it starts on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from crowd.errors import CrowdError, bad_input
from crowd.tables import strict_json
from crowd.tables.source import Source

# A file can be wrong in every line; this many faults are enough to see the pattern.
MOST_PROBLEMS = 100
PARQUET_MAGIC = b"PAR1"
CSV_FAULTS = {
    "unexpected end of data": "a quoted field is opened here and never closed",
    "',' expected after '\"'": 'text follows a closing quote; write a quote inside a field twice: ""',
    "field larger than field limit": "a field is longer than 131,072 characters; look for an unclosed quote, "
    "or use JSONL for texts of this length",
}


def place(name: str, line: int, field: str = "") -> str:
    """Say where in a file something is."""
    return f"{name} line {line}, field {field}" if field else f"{name} line {line}"


def text(source: Source) -> str:
    """Decode a source as UTF-8, with or without a byte order mark; refuse an empty one."""
    if (nul := source.body.find(b"\0")) >= 0:
        raise bad_input(_line_of(source, nul), "holds a NUL character; save the file as plain UTF-8 text")
    try:
        content = source.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise bad_input(_line_of(source, error.start), "is not UTF-8; save the file as UTF-8") from None
    if not content.strip():
        raise bad_input(source.name, "is empty")
    return content


def refuse_other_formats(source: Source, required: Sequence[str]) -> None:
    """Refuse what is plainly no CSV: read as such, its faults would lie on the wrong track."""
    if source.body.startswith(PARQUET_MAGIC):
        found = "Parquet"
    elif source.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        found = "JSON"
    else:
        return
    wanted = f"the header {','.join(required)} and a row for each"
    raise bad_input(source.name, f"is {found}; this table is read as CSV, with {wanted}")


def csv_rows(name: str, content: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV text with the lines they start on; blank lines are passed over."""
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise bad_input(place(name, line), _explained(error)) from None


def json_objects(name: str, content: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a JSONL text with their lines; what a database cannot hold is refused."""
    for line, row in enumerate(content.split("\n"), start=1):
        if row.strip():
            yield line, _json_object(place(name, line), row)


def _json_object(where: str, row: str) -> dict[str, Any]:
    try:
        value = strict_json.parse(row)
    except json.JSONDecodeError as error:
        raise bad_input(where, f"is not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise bad_input(where, "is nested too deeply") from None
    except ValueError as error:
        raise bad_input(where, str(error)) from None
    if not isinstance(value, dict):
        raise bad_input(where, "must be one JSON object per line, such as " + '{"item": "1", "text": "…"}')
    return value


def _line_of(source: Source, offset: int) -> str:
    return place(source.name, source.body.count(b"\n", 0, offset) + 1)


def _explained(error: csv.Error) -> str:
    said = str(error)
    return next((meaning for fault, meaning in CSV_FAULTS.items() if fault in said), said)


def empty(name: str) -> CrowdError:
    """Return the error for a table that has a header and nothing else."""
    return bad_input(name, "has a header but no rows")
