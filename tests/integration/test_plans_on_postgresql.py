"""PostgreSQL keeps a plan it made for empty tables; it must do for full ones too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from crowd import migrations
from crowd.db import Database, connect
from crowd.services.page import accept, at_once, hold

NOW = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.parametrize("module_database_url", ["postgresql"], indirect=True, scope="module")
SUBMISSION = {
    "bucket": "1",
    "window": NOW,
    "most": 1,
    "now": NOW,
    "digest": "",
    "active": None,
    "amount": 0,
    "review": "accepted",
    "payment": "none",
    "assignment": 1,
    "said": "[]",
    "project": 1,
    "worker": 1,
    "label_set": 1,
    "channel": "pool",
}


@pytest.fixture(scope="module")
def database(module_database_url: str) -> Iterator[Database]:
    """A database that never had a row: what others leave behind, be it empty pages, counts in a plan."""
    database = connect(module_database_url)
    migrations.upgrade(database)
    yield database
    database.dispose()


@pytest.mark.parametrize("is_counted", [False, True])
def test_a_submission_finds_its_slots_by_their_assignment(database, is_counted):
    assert database._lines is not None
    with database._lines.connect() as line:
        line.exec_driver_sql("VACUUM ANALYZE slot")
        rows = line.exec_driver_sql(f"EXPLAIN {accept.STORE[is_counted].postgresql}", SUBMISSION)
        plan = "\n".join(text for (text,) in rows)
    assert "Index Scan using ix_slot_assignment_id on slot" in plan
    assert "Index Cond: (assignment_id = " in plan


def test_filling_a_slot_touches_none_of_its_indexes(database):
    assert database._lines is not None
    with database._lines.connect() as line:
        indexes = line.exec_driver_sql("SELECT indexdef FROM pg_indexes WHERE tablename = 'slot'").all()
    assert len(indexes) > 1
    assert not [text for (text,) in indexes if "state" in text]


@pytest.mark.parametrize("is_counted", [False, True])
def test_handing_in_and_going_on_looks_everything_up(database, is_counted):
    mix = {"wanted": 1, "numbers": "{0}", "gold_ids": "{1}", "gold_items": "{1}", "positions": "{2,1}"}
    page = {"instructions": 1, "token": "t", "kind": "work", "ahead": False, "reward": 0, "gold": 0}
    held = {"lease_until": NOW, "begun": NOW, "behind": 0.0}
    both = at_once._storing_and_taking(2, "false", hold.BEST_FIRST, is_counted=is_counted)
    assert database._lines is not None
    with database._lines.connect() as line:
        line.exec_driver_sql("VACUUM ANALYZE slot")
        values = SUBMISSION | mix | page | held
        plan = "\n".join(text for (text,) in line.exec_driver_sql(f"EXPLAIN {both.postgresql}", values))
    assert "Index Scan using ix_slot_assignment_id on slot" in plan
    assert "Index Scan using ix_item_claimable on item" in plan
    assert "using ix_slot_live on slot" in plan
    assert not [table for table in ("item", "slot", "assignment") if f"Seq Scan on {table}" in plan]
