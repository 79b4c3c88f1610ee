"""What commands share about their output: `--json`, `--output`, standard streams."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from crowd.errors import bad_input
from crowd.tables.source import STDIO
from crowd.tables.writing import check_output, replacing

OTHER_FORMATS = {".parquet", ".jsonl", ".ndjson", ".json", ".xlsx", ".npy", ".gz"}

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output."
)


def print_json(result: Mapping[str, Any]) -> None:
    """Print one JSON object; a number that JSON does not know becomes null."""
    plain = {key: None if _strange(value) else value for key, value in result.items()}
    click.echo(json.dumps(plain, ensure_ascii=False, allow_nan=False))


def repeats(result: Mapping[str, Any]) -> list[str]:
    """Return the line of a report on rows that do not count, because a later one of their worker does."""
    again, counted = result["repeated"], result["answers"]
    if not again:
        return []
    most = "; these are most rows: is an item named by more columns than one?" if again > counted else ""
    return [f"repeated    {again:,} rows name an item and worker again: the last counts{most}"]


def check_streams(
    inputs: Mapping[str, str | None], outputs: Mapping[str, str | None], *, as_json: bool
) -> None:
    """Refuse two readers of standard input, two writers of one place, and outputs that cannot be written.

    Both mappings go from what the user calls a file to its path, None where it was not given.
    """
    if [*inputs.values()].count(STDIO) > 1:
        raise click.UsageError("only one input can be standard input")
    given = {name: path for name, path in outputs.items() if path is not None}
    if as_json and STDIO in given.values():
        raise click.UsageError("--json and an output of - would both write to standard output; name a file")
    files = [path for path in inputs.values() if path not in {None, STDIO}]
    for name, path in given.items():
        if [*given.values(), *files].count(path) > 1:
            raise click.UsageError(f"{name} {path} is named twice; an output needs a place of its own")
        check_output(path)


def check_csv(*outputs: str | None) -> None:
    """Refuse names that promise another format than the plain CSV that will be written."""
    for path in filter(None, outputs):
        if Path(path).suffix.lower() in OTHER_FORMATS:
            raise bad_input(path, "this command writes plain CSV; give it a name that ends in .csv")


def pour(pieces: Iterable[bytes], output: str, *, as_json: bool) -> None:
    """Write a table piece by piece to a file, or to standard output for `-`."""
    check_streams({}, {"--output": output}, as_json=as_json)
    with replacing(output) as stream:
        for piece in pieces:
            stream.write(piece)


def _strange(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
