"""PostgreSQL keeps a plan it made for empty tables; it must do for full ones too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crowd.services.page import accept

NOW = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
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


@pytest.mark.parametrize("is_counted", [False, True])
def test_a_submission_finds_its_slots_by_their_assignment(database, is_counted):
    assert database._lines is not None
    with database._lines.connect() as line:
        line.exec_driver_sql("VACUUM ANALYZE slot")
        rows = line.exec_driver_sql(f"EXPLAIN {accept.STORE[is_counted].postgresql}", SUBMISSION)
        plan = "\n".join(text for (text,) in rows)
    assert "Index Scan using ix_slot_assignment_id on slot" in plan
    assert "Index Cond: (assignment_id = " in plan
