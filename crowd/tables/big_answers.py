"""Answer files too large for memory, CSV or Parquet: a batch of rows at a time, workers and labels coded."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crowd.errors import bad_input
from crowd.tables.answers import REQUIRED
from crowd.tables.header import positions
from crowd.tables.reading import PARQUET_MAGIC, refuse_other_formats
from crowd.tables.source import GZIP_MAGIC, Source

if TYPE_CHECKING:
    import pyarrow as pa

# Bytes of CSV, and rows of Parquet, read at a time.
BLOCK = 2 * 2**20
ROWS = 2**16
# Bytes that tell a format.
HEAD = 256
# What the file calls some of our columns.
Called = Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Names:
    """Names in order of first appearance."""

    code: dict[str, int] = field(default_factory=dict)

    def codes(self, column: pa.Array) -> NDArray[np.int32]:
        """Code a column, taking up names that are new."""
        coded = column.dictionary_encode()
        places = np.array(self.take_up(coded.dictionary.to_pylist()), dtype=np.int32)
        return np.asarray(places[coded.indices.to_numpy(zero_copy_only=False)])

    def take_up(self, names: Iterable[str]) -> list[int]:
        """Return the codes of names, new ones for those not seen before."""
        return [self.code.setdefault(name, len(self.code)) for name in names]

    def ranks(self) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """Return the names in order, and the place of each code among them."""
        ordered = tuple(sorted(self.code))
        rank = np.empty(len(ordered), dtype=np.int32)
        rank[[self.code[name] for name in ordered]] = np.arange(len(ordered), dtype=np.int32)
        return ordered, rank


@contextmanager
def batches(path: Path, called: Called = None) -> Iterator[Iterator[pa.RecordBatch]]:
    """Give the rows of a file as batches with the text columns item, worker and label."""
    import pyarrow as pa

    try:
        stream = _parquet if _head(path).startswith(PARQUET_MAGIC) else _csv
        yield _checked(path, stream(path, called))
    except pa.ArrowInvalid as error:
        raise bad_input(str(path), f"cannot be read: {error}") from error
    except OSError as error:
        raise bad_input(str(path), f"cannot be read: {error.strerror or error}") from error


def _csv(path: Path, called: Called) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from pyarrow import csv as arrow

    refuse_other_formats(Source(str(path), _head(path)), REQUIRED)
    header = _header(path)
    place = positions((str(path), 1), header, REQUIRED, extra="ignore", called=called)
    wanted = [header[place[name]] for name in REQUIRED]
    convert = arrow.ConvertOptions(
        include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
    )
    parse = arrow.ParseOptions(newlines_in_values=True)
    read = arrow.ReadOptions(block_size=BLOCK)
    with pa.input_stream(str(path), compression="gzip" if _gzipped(path) else None) as stream:
        for batch in arrow.open_csv(stream, read_options=read, parse_options=parse, convert_options=convert):
            yield pa.record_batch(batch.columns, names=list(REQUIRED))


def _parquet(path: Path, called: Called) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(path, buffer_size=BLOCK, pre_buffer=False) as file:
        header = file.schema_arrow.names
        place = positions((str(path), 1), header, REQUIRED, extra="ignore", called=called)
        wanted = [header[place[name]] for name in REQUIRED]
        for batch in file.iter_batches(ROWS, columns=wanted):
            columns = [_text(path, name, batch.column(name)) for name in wanted]
            yield pa.record_batch(columns, names=list(REQUIRED))


def _text(path: Path, name: str, column: pa.Array) -> pa.Array:
    import pyarrow as pa

    if column.null_count:
        raise bad_input(f"{path}, field {name}", "has empty cells; fill or drop those rows")
    return column.cast(pa.string())


def _checked(path: Path, stream: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Pass batches on; refuse blank cells and a file without rows."""
    rows = 0
    for batch in stream:
        for name in REQUIRED:
            if (row := _blank(batch.column(name))) is not None:
                raise bad_input(f"{path}, row {rows + row + 1}, field {name}", "is blank")
        rows += batch.num_rows
        yield batch
    if not rows:
        raise bad_input(str(path), "holds no answers")


def _blank(column: pa.Array) -> int | None:
    from pyarrow import compute

    row: int = compute.index(compute.utf8_trim_whitespace(column), "").as_py()
    return None if row < 0 else row


def _gzipped(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(GZIP_MAGIC)) == GZIP_MAGIC


def _head(path: Path) -> bytes:
    """Return the first bytes, enough to tell a format by."""
    with (gzip.open if _gzipped(path) else open)(path, "rb") as file:
        return file.read(HEAD)


def _header(path: Path) -> list[str]:
    opened = gzip.open if _gzipped(path) else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), [])
