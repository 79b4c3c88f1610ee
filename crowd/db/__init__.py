"""The one place that knows how SQLite and PostgreSQL differ in connections and transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from crowd.db.database import Database, connect
from crowd.db.line import Line, Rows

__all__ = ["CHUNK", "Database", "Line", "Rows", "chunks", "connect"]

# Keeps an IN list below every database's limit of parameters.
CHUNK = 500

Value = TypeVar("Value")


def chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Cut a list into pieces that fit one statement."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
