"""Sessions for reading and writing behave alike on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from crowd.db import Database
from crowd.models import Requester


def add(database: Database, name: str) -> None:
    with database.write() as session:
        session.add(Requester(name=name, created_at=datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_reading_session_sees_one_snapshot_while_others_write(database: Database) -> None:
    count = select(func.count()).select_from(Requester)
    add(database, "before")
    with database.read() as session:
        assert session.scalar(count) == 1
        add(database, "meanwhile")
        assert session.scalar(count) == 1
    with database.read() as session:
        assert session.scalar(count) == 2


def test_a_session_that_fails_leaves_no_trace(database: Database) -> None:
    with pytest.raises(IntegrityError):
        twice(database)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Requester)) == 0


def twice(database: Database) -> None:
    with database.write() as session:
        for _ in range(2):
            session.add(Requester(name="same", created_at=datetime(2026, 1, 1, tzinfo=UTC)))
            session.flush()


@pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
def test_what_sqlite_keeps_for_a_savepoint_stays_in_memory_and_what_it_sorts_does_not(database: Database):
    memory, by_default = 2, 0  # as SQLite numbers them
    with database.write() as session:
        assert session.scalar(text("PRAGMA temp_store")) == memory
    with database.read() as session:
        assert session.scalar(text("PRAGMA temp_store")) == by_default
    stored = database.express(lambda line: line.run("PRAGMA temp_store"))
    assert stored == [(memory,)]
