"""Columns of names, coded: a fast way to read large CSV files, and an exact one to say what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from crowd.errors import CrowdError, Problem, bad_inputs
from crowd.tables.header import Extra, positions
from crowd.tables.reading import MOST_PROBLEMS, csv_rows, empty, place, refuse_other_formats, text
from crowd.tables.source import Source

if TYPE_CHECKING:
    import pyarrow as pa

Codes = NDArray[np.int32]
# Below this many bytes the exact reader is done before pyarrow is imported.
FAST_FROM = 2 * 2**20
Fault = tuple[int, str, str]
"""Row from 0, field, message."""


@dataclass(frozen=True, slots=True, eq=False)
class Column(Sequence[str]):
    """A column of strings: `names` in order of first appearance, and the code of each row's name."""

    names: list[str]
    codes: Codes

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """Return one row, or a list of rows."""
        if isinstance(index, slice):
            return [self.names[code] for code in self.codes[index].tolist()]
        return self.names[int(self.codes[index])]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the rows."""
        return map(self.names.__getitem__, self.codes.tolist())

    def rows_of(self, name: str) -> list[int]:
        """Return the first rows that hold this name, one more at most than an error lists."""
        rows = np.flatnonzero(self.codes == self.names.index(name))
        return [int(row) for row in rows[: MOST_PROBLEMS + 1]]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The wanted columns of one CSV file."""

    name: str
    content: str
    columns: dict[str, Column]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(next(iter(self.columns.values())))

    def places(self, faults: Sequence[tuple[int, str]]) -> list[str]:
        """Return where these (row, field) are; reads the file again, so for errors only."""
        last = max((row for row, _ in faults), default=-1)
        lines = [line for line, _ in islice(csv_rows(self.name, self.content), last + 2)]
        return [place(self.name, lines[row + 1], field) for row, field in faults]

    def error(self, faults: Iterable[Fault]) -> CrowdError:
        """Return the error that lists these faults in the order of the file."""
        ordered = sorted(faults)
        first = ordered[:MOST_PROBLEMS]
        places = self.places([(row, field) for row, field, _ in first])
        problems = [Problem(where, fault[2]) for where, fault in zip(places, first, strict=True)]
        return bad_inputs(problems, what=self.name, found=len(ordered))


def read_columns(
    source: Source, required: Sequence[str], optional: Sequence[str] = (), *, extra: Extra = "refuse"
) -> Table:
    """Read the named columns; required ones must be there and filled in every row."""
    refuse_other_formats(source, required)
    content = text(source)
    line, header = next(csv_rows(source.name, content))
    wanted = positions((source.name, line), header, required, optional, extra=extra, called=source.called)
    columns = _fast(source, content, wanted)
    if columns is None:
        columns = _exact(source.name, content, wanted)
    table = Table(source.name, content, columns)
    if not len(table):
        raise empty(source.name)
    if blanks := [fault for name in required for fault in _blanks(name, columns[name])]:
        raise table.error(blanks)
    return table


def _blanks(field: str, column: Column) -> list[Fault]:
    blank = [name for name in column.names if not name.strip()]
    return [(row, field, "is blank") for name in blank for row in column.rows_of(name)]


def _exact(name: str, content: str, wanted: dict[str, int]) -> dict[str, Column]:
    rows = csv_rows(name, content)
    _, header = next(rows)
    codes: dict[str, dict[str, int]] = {field: {} for field in wanted}
    coded: dict[str, list[int]] = {field: [] for field in wanted}
    problems: list[Problem] = []
    for line, cells in rows:
        if len(cells) != len(header):
            problems.append(ragged(name, line, cells, header))
            if len(problems) == MOST_PROBLEMS:
                break
            continue
        for field, position in wanted.items():
            known = codes[field]
            coded[field].append(known.setdefault(cells[position], len(known)))
    if problems:
        raise bad_inputs(problems, what=name)
    return {field: Column(list(codes[field]), np.array(coded[field], dtype=np.int32)) for field in wanted}


def ragged(name: str, line: int, cells: Sequence[str], header: Sequence[str]) -> Problem:
    """Return the fault of a row with too few or too many fields."""
    return Problem(place(name, line), f"has {len(cells)} fields, the header has {len(header)}")


def _fast(source: Source, content: str, wanted: dict[str, int]) -> dict[str, Column] | None:
    """Read with pyarrow; None where the exact reader must look, because the file is small or wrong."""
    if len(source.body) < FAST_FROM or not _well_quoted(source.name, content):
        return None
    import pyarrow as pa
    from pyarrow import csv as arrow

    generated = {field: f"f{position}" for field, position in wanted.items()}
    try:
        table = arrow.read_csv(
            pa.BufferReader(source.body),
            read_options=arrow.ReadOptions(autogenerate_column_names=True),
            parse_options=arrow.ParseOptions(newlines_in_values='"' in content),
            convert_options=arrow.ConvertOptions(
                include_columns=list(generated.values()),
                column_types=dict.fromkeys(generated.values(), pa.string()),
            ),
        )
    except pa.ArrowInvalid:
        return None
    rows = table.slice(1)
    return {field: _coded(rows.column(column).dictionary_encode()) for field, column in generated.items()}


def _coded(chunked: pa.ChunkedArray) -> Column:
    """Take the codes of a dictionary-encoded column from its buffers: `to_numpy` would import pandas."""
    chunks = [chunk for chunk in chunked.chunks if len(chunk)]
    if not chunks:
        return Column([], np.zeros(0, dtype=np.int32))
    codes = [
        np.frombuffer(chunk.indices.buffers()[1], np.int32, len(chunk), 4 * chunk.indices.offset)
        for chunk in chunks
    ]
    return Column(chunks[-1].dictionary.to_pylist(), np.concatenate(codes))


def _well_quoted(name: str, content: str) -> bool:
    """Tell if quotes, where there are any, are as the exact reader wants them; pyarrow is more lenient."""
    if '"' not in content:
        return True
    try:
        for _ in csv_rows(name, content):
            pass
    except CrowdError:
        return False
    return True
