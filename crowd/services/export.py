"""The training set goes out: the rows of a version, as JSON Lines, CSV or Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.models import ConsensusRun, Example, Item, TrainingSetVersion
from crowd.tables.writing import spreadsheet_safe

FORMATS = ("jsonl", "csv", "parquet")
PAGE = 2000


def rows(session: Session, version: TrainingSetVersion) -> Iterator[dict[str, Any]]:
    """Yield a version's examples in the order of item keys, each with its payload and lineage."""
    query = (
        select(Item.key, Item.payload, Example, ConsensusRun.key)
        .join(Item, Item.id == Example.item_id)
        .outerjoin(ConsensusRun, ConsensusRun.id == Example.run_id)
        .where(Example.version_id == version.id)
        .order_by(Item.key)
        .execution_options(yield_per=PAGE)
    )
    # Closed whatever happens: a reader may leave before the end, and the server's cursor must not stay open.
    with session.execute(query) as found:
        for key, payload, example, run in found:
            yield {
                "item": key,
                "label": example.label,
                "confidence": example.confidence,
                "source": example.source,
                "run": run,
                "batch": example.batch_id,
                "model_version": example.model_version,
                "answers": example.answers,
                "workers": example.workers,
                "payload": payload,
            }


def write(session: Session, version: TrainingSetVersion, form: str) -> Iterator[bytes]:
    """Yield a version in one of `FORMATS`, piece by piece.

    JSON Lines and Parquet hold everything exactly. CSV has one column for each field of the payload and
    puts an apostrophe before text that a spreadsheet would run as a formula.
    """
    return _WRITERS[form](rows(session, version))


def _jsonl(examples: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for example in examples:
        yield json.dumps(example, ensure_ascii=False).encode() + b"\n"


def _csv(examples: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    flat = [_flat(example) for example in examples]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    for row in flat:
        writer.writerow({name: _cell(value) for name, value in row.items()})
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _parquet(examples: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # A payload's fields may differ from item to item: JSON keeps them all.
    table = pa.Table.from_pylist(
        [{**example, "payload": json.dumps(example["payload"], ensure_ascii=False)} for example in examples],
        schema=pa.schema(
            {
                "item": pa.string(),
                "label": pa.string(),
                "confidence": pa.float64(),
                "source": pa.string(),
                "run": pa.string(),
                "batch": pa.int64(),
                "model_version": pa.string(),
                "answers": pa.list_(pa.int64()),
                "workers": pa.list_(pa.string()),
                "payload": pa.string(),
            }.items()
        ),
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    yield sink.getvalue()


def _flat(example: dict[str, Any]) -> dict[str, Any]:
    payload = example["payload"]
    fixed = {name: value for name, value in example.items() if name != "payload"}
    return fixed | {f"payload.{name}": value for name, value in payload.items()}


def _cell(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    return spreadsheet_safe(text)


_WRITERS: dict[str, Callable[[Iterator[dict[str, Any]]], Iterator[bytes]]] = {
    "jsonl": _jsonl,
    "csv": _csv,
    "parquet": _parquet,
}
