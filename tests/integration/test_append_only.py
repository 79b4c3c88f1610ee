"""The database itself refuses to change what was once said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import JSON, Connection, LargeBinary, Table, insert, select, text
from sqlalchemy.exc import DBAPIError

from crowd.db import Database
from crowd.models import Base
from crowd.models.base import UtcDateTime

APPEND_ONLY = [table for table in Base.metadata.sorted_tables if table.info.get("append_only")]
CHOSEN = {
    ("answer_flag", "kind"): "excluded",
    ("skill", "source"): "gold",
    ("skip", "reason"): "broken",
    ("ledger_entry", "kind"): "reserve",
    ("market_entry", "kind"): "hold",
    ("policy_result", "kind"): "action",
    ("decision", "action"): "enough",
    ("example", "source"): "gold",
}


def value_for(table: Table, column: Any) -> Any:
    """Return some value that the column's type and the table's checks admit."""
    if (table.name, column.name) in CHOSEN:
        return CHOSEN[table.name, column.name]
    kinds = {UtcDateTime: datetime(2026, 1, 1, tzinfo=UTC), JSON: [], LargeBinary: b"x"}
    for kind, value in kinds.items():
        if isinstance(column.type, kind):
            return value
    return column.type.python_type(1)


@pytest.fixture
def stored(database: Database, request: pytest.FixtureRequest) -> Table:
    """Put one row into the table, without the rows it would refer to."""
    table: Table = request.param
    row = {column.name: value_for(table, column) for column in table.columns if not column.nullable}
    with without_foreign_keys(database) as connection:
        connection.execute(insert(table).values(row))
    return table


@contextmanager
def without_foreign_keys(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Foreign keys can be switched off only outside a transaction.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            yield connection
        connection.invalidate()


def refusals(table: Table, dialect: str) -> list[str]:
    """Return every way to change or remove a row of the table."""
    column = next(iter(table.columns)).name
    ways = [f"UPDATE {table.name} SET {column} = {column}", f"DELETE FROM {table.name}"]
    if dialect == "sqlite":
        return [
            *ways,
            f"INSERT OR REPLACE INTO {table.name} SELECT * FROM {table.name}",
            f"UPDATE OR REPLACE {table.name} SET {column} = {column}",
        ]
    again = f"INSERT INTO {table.name} SELECT * FROM {table.name}"
    return [
        *ways,
        f"TRUNCATE {table.name} CASCADE",
        f"{again} ON CONFLICT ON CONSTRAINT pk_{table.name} DO UPDATE SET {column} = excluded.{column}",
    ]


@pytest.mark.parametrize("stored", APPEND_ONLY, ids=lambda table: table.name, indirect=True)
def test_no_row_can_be_changed_or_removed(database: Database, stored: Table) -> None:
    with database.read() as session:
        before = session.execute(select(stored)).all()
    assert len(before) == 1
    for statement in refusals(stored, database.engine.dialect.name):
        with (
            database.engine.begin() as connection,
            pytest.raises(DBAPIError, match=f"{stored.name} is append-only"),
        ):
            connection.exec_driver_sql(statement)
    with database.read() as session:
        assert session.execute(select(stored)).all() == before


def test_what_must_never_change_is_append_only() -> None:
    named = {table.name for table in APPEND_ONLY}
    assert {"answer", "answer_flag", "grade", "ledger_entry", "audit_entry", "consensus", "example"} <= named


def test_other_tables_can_be_changed(database: Database) -> None:
    for table in set(Base.metadata.sorted_tables) - set(APPEND_ONLY):
        with database.write() as session:
            session.execute(text(f"DELETE FROM {table.name}"))
