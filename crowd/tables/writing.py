"""Results to files or standard output: a file appears whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from crowd.errors import CrowdError, bad_input
from crowd.tables.source import STDIO

CRLF = "\r\n"
Cell = str | int | float | None
# A spreadsheet takes a cell that starts with one of these for a formula, or lets it hide one.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def check_output(path: str | Path) -> None:
    """Refuse, before any long work, a path that cannot be written."""
    target = Path(path)
    if str(path) == STDIO:
        return
    if target.is_dir():
        raise bad_input(str(path), "is a folder; give a file")
    if not target.parent.is_dir():
        raise bad_input(str(path), f"the folder {target.parent} does not exist")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise bad_input(str(path), "may not be written")


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Give a binary stream whose content takes the place of the file when the block ends without an error.

    `-` is standard output; what is no regular file, such as a pipe, is written to directly.
    """
    target = Path(path).resolve()
    if str(path) == STDIO:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    direct = target.exists() and not target.is_file()
    scratch = target if direct else target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with scratch.open("wb" if direct else "xb") as stream:
            yield stream
        if not direct:
            _take_place(scratch, target)
    except OSError as error:
        raise CrowdError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if not direct:
            scratch.unlink(missing_ok=True)


def _take_place(scratch: Path, target: Path) -> None:
    if target.exists():
        shutil.copymode(target, scratch)
    scratch.replace(target)


def write_csv(stream: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows as UTF-8 CSV with plain line feeds; None is an empty cell."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    writer = csv.writer(_LineFeeds(text), lineterminator=CRLF)
    try:
        writer.writerow(header)
        writer.writerows(rows)
    finally:
        text.detach()  # else the wrapper would close the stream, which may be standard output
    stream.flush()


@dataclass(frozen=True, slots=True)
class _LineFeeds:
    """Ends rows with a line feed. Asked for that itself, the csv module leaves carriage returns unquoted."""

    text: TextIO

    def write(self, row: str) -> int:
        return self.text.write(row.removesuffix(CRLF) + "\n")


def spreadsheet_safe(cell: Cell) -> Cell:
    """Return free text with a leading ' where a spreadsheet would take it for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
