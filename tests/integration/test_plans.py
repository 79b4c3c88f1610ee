"""The statements that run all day find their rows through an index, not by reading a table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from crowd.jobs.chores import settle
from crowd.models import ConsensusRun, Project, Worker
from crowd.services import assign, decide, publish, roster
from crowd.services.access import keys
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)


@pytest.fixture
def rows(database) -> tuple[Project, Worker]:
    def work(session):
        ann = keys.operator(keys.requester(session, "ann", now=NOW))
        settings = ProjectSettings(price_micros=1)
        row = projects.create(
            session, ann, slug="p", labels=["a", "b"], settings=settings, cap_micros=10**6, now=NOW
        )
        return row, roster.arrival(session, row.requester_id, "pool", "wim", now=NOW)

    return database.transact(work)


@pytest.fixture
def plan(database):
    """Run something and return, for every table its queries read, how SQLite finds the rows."""

    def explain(work) -> list[str]:
        statements = []

        @event.listens_for(database.engine, "before_cursor_execute")
        def note(_connection, _cursor, statement, parameters, _context, _many):
            if statement.lstrip().startswith("SELECT"):
                statements.append((statement, parameters))

        database.transact(work)
        event.remove(database.engine, "before_cursor_execute", note)
        assert statements
        with database.read() as session:
            run = session.connection().exec_driver_sql
            return [
                row[3]
                for statement in statements
                for row in run(f"EXPLAIN QUERY PLAN {statement[0]}", statement[1])
            ]

    return explain


@pytest.mark.parametrize("routing", [False, True])
def test_a_claim_reads_open_items_in_order_and_looks_up_what_the_worker_has_seen(plan, rows, routing):
    rows[0].routing = routing  # the worker is not proven: from the other end of the same index
    steps = plan(lambda session: assign.claim(session, *rows, now=NOW))
    found = "item USING INDEX ix_item_claimable (project_id=? AND handed_over=?)"
    assert any(found in step for step in steps)  # what the other channel is asked is not walked over
    assert any("slot USING INDEX ix_slot_live (item_id=? AND worker_id=?)" in step for step in steps)
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step]


def test_a_sweep_reads_the_leases_that_ran_out(plan, rows):
    steps = plan(lambda session: assign.sweep(session, now=NOW))
    assert any("ix_assignment_lease (lease_until<?)" in step for step in steps)


def test_what_is_outstanding_is_counted_among_open_items_and_held_pages(plan, rows):
    steps = plan(lambda session: publish.outstanding(session, rows[0]))
    assert any("ix_item_claimable" in step for step in steps)
    assert any("ix_assignment_project_work (project_id=? AND work=?)" in step for step in steps)


def test_items_decided_between_runs_are_looked_up_without_the_others(plan, rows):
    said = dict.fromkeys(range(1, 200), (2, 0.5))
    steps = plan(lambda session: decide.decide_soon(session, rows[0], ConsensusRun(id=1), said, now=NOW))
    assert "SEARCH item USING INTEGER PRIMARY KEY (rowid=?)" in steps


def test_settling_reads_what_is_due(plan, rows, database):
    steps = plan(lambda _: settle(database, lambda: NOW))
    assert any("ix_assignment_due" in step for step in steps)
