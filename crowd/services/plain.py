"""Statements in plain SQL for the few paths that run all day, on a session or on a line: same events."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CursorResult, Pool
from sqlalchemy.orm import Session

from crowd.db import Line, Rows

# Where a statement runs. What takes either can be done both ways.
At = Session | Line
_NAMED = re.compile(r"(?<!:):(\w+)")


@dataclass(frozen=True, slots=True)
class Sql:
    """One statement as each database runs it best, with `:name` for values."""

    sqlite: str = ""
    postgresql: str = ""

    def __post_init__(self) -> None:
        """Write the values as each driver wants them."""
        object.__setattr__(self, "sqlite", _squeezed(self.sqlite))
        object.__setattr__(self, "postgresql", _NAMED.sub(r"%(\1)s", _squeezed(self.postgresql)))

    def __call__(self, session: At, **values: Any) -> Rows | CursorResult[*tuple[Any, ...]]:  # noqa: ANN401 - any column's value
        """Run it on a line, or inside a session's transaction after what it has not written yet."""
        text = self.sqlite if is_sqlite(session) else self.postgresql
        if isinstance(session, Line):
            return session.run(text, values)
        session.flush()
        return session.connection().exec_driver_sql(text, values)


def pool(session: At) -> Pool:
    """Return what each database has one of, whether it is read or written: to keep what it holds under."""
    return session.engine.pool if isinstance(session, Line) else session.get_bind().engine.pool


def is_sqlite(session: At) -> bool:
    """Tell which of the two databases this is."""
    if isinstance(session, Line):
        return session.is_sqlite
    return session.get_bind().dialect.name == "sqlite"


def moment(session: At, when: datetime | None) -> datetime | str | None:
    """Return a time as its column stores it."""
    if when is None or not is_sqlite(session):
        return when
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def read_moment(stored: datetime | str | None) -> datetime | None:
    """Return the time a column stores."""
    if stored is None or isinstance(stored, datetime):
        return stored.astimezone(UTC) if stored else None
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


def listed(session: At, values: list[Any]) -> Any:  # noqa: ANN401 - what the driver takes
    """Return a list as one value: an array, or JSON where there are no arrays."""
    return json.dumps(values) if is_sqlite(session) else values


def read_json(stored: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON a column stores; some drivers have parsed it already."""
    return json.loads(stored) if isinstance(stored, str) else stored


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
