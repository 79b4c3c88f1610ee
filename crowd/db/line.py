"""One connection of the driver itself, for the few statements that run all day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

if TYPE_CHECKING:
    import psycopg

    from crowd.db.prepared import Prepared


class Rows(list[tuple[Any, ...]]):
    """What a statement returned, to be read like a result of SQLAlchemy's."""

    def all(self) -> Rows:
        """Return all rows."""
        return self

    def first(self) -> tuple[Any, ...] | None:
        """Return the first row, if there is one."""
        return self[0] if self else None

    def scalar_one(self) -> Any:  # noqa: ANN401 - any column's value
        """Return the one value of the one row."""
        ((value,),) = self
        return value


class Line:
    """A connection of the driver's: it costs a tenth of what a session does.

    On PostgreSQL every statement is a transaction of its own, and returns rows, if perhaps none; on SQLite
    all are part of the group's.
    """

    __slots__ = ("_cursor", "_prepared", "engine", "is_sqlite")

    def __init__(self, engine: Engine, connection: Any) -> None:  # noqa: ANN401 - any DB-API connection
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._cursor = connection.cursor()
        self._prepared = None if self.is_sqlite else _prepared(self._cursor.connection)

    @property
    def in_transaction(self) -> bool:
        """Tell whether SQLite's transaction still stands."""
        return bool(self._cursor.connection.in_transaction)

    @property
    def is_closed(self) -> bool:
        """Tell whether PostgreSQL has hung up."""
        return bool(self._cursor.connection.closed)

    def run(self, text: str, values: Mapping[str, Any] | None = None) -> Rows:
        """Run one statement, which whoever watches the engine's statements sees like any other."""
        for watch in self.engine.dispatch.before_cursor_execute:
            watch(None, self._cursor, text, values, None, False)
        if self._prepared is not None:
            return Rows(self._prepared.run(text, values or {}))
        self._cursor.execute(text, values or {})
        return Rows(self._cursor.fetchall())


def _prepared(connection: psycopg.Connection) -> Prepared:
    from crowd.db.prepared import Prepared  # who runs on SQLite alone need not load the driver

    return Prepared(connection.pgconn)
