"""The audit chain holds what was done, in order, and shows when it was edited."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from threading import Thread

import pytest
from sqlalchemy import select, text

from crowd.db import Database
from crowd.errors import Conflict
from crowd.models import AuditEntry
from crowd.services import audit
from crowd.services.setup import projects
from tests.integration import world
from tests.integration.world import START, World


def note(shop: World, subject: str, *, now: datetime = START, **details: object) -> None:
    shop.do(
        lambda s, _: audit.record(
            s,
            requester_id=shop.principal.requester_id,
            actor="test",
            action="test.note",
            subject=subject,
            details=details,
            now=now,
        )
    )


def chain(shop: World) -> list[AuditEntry]:
    return shop.rows(select(AuditEntry).order_by(AuditEntry.id))


def unbroken(entries: list[AuditEntry]) -> bool:
    previous = [audit.GENESIS, *(entry.digest for entry in entries)]
    return all(
        entry.previous == before and entry.digest == audit.digest(entry)
        for before, entry in zip(previous, entries, strict=False)
    )


def test_every_act_of_a_requester_is_in_the_chain(database: Database) -> None:
    shop = world.make(database)
    shop.do(lambda s, p: projects.move(s, shop.principal, p, "paused", now=START))
    shop.do(lambda s, p: projects.set_cap(s, shop.principal, p, 10**9, now=START))
    shop.do(lambda s, p: projects.update(s, shop.principal, p, {"title": "new"}, now=START))
    assert [entry.action for entry in chain(shop)] == [
        "project.create",
        "project.paused",
        "budget.cap",
        "project.update",
    ]
    assert unbroken(chain(shop))
    shop.sound()


def test_what_is_noted_reads_back_as_it_was_digested(database: Database) -> None:
    shop = world.make(database)
    elsewhere = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    note(shop, "é 漢 \U0001f600", now=elsewhere, number=0.1 + 0.2, nested={"b": [1, None], "a": "\n"})
    assert unbroken(chain(shop))
    shop.sound()


def test_many_at_once_make_one_chain(database: Database) -> None:
    shop = world.make(database)
    threads = [Thread(target=lambda n=n: [note(shop, f"{n}:{turn}") for turn in range(5)]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(chain(shop)) == 31
    assert unbroken(chain(shop))
    shop.sound()


def test_an_act_that_fails_leaves_no_entry(database: Database) -> None:
    shop = world.make(database)

    def fail(session, project) -> None:
        projects.set_cap(session, shop.principal, project, 7, now=START)
        projects.set_cap(session, shop.principal, project, -1, now=START)

    with pytest.raises(Conflict):
        shop.do(fail)
    assert len(chain(shop)) == 1


def test_an_edited_entry_is_found(database: Database) -> None:
    shop = world.make(database)
    for number in range(3):
        note(shop, str(number))
    without_triggers(database, "UPDATE audit_entry SET subject = 'other' WHERE subject = '1'")
    assert not unbroken(chain(shop))
    assert any("audit" in line for line in world.violations(database))


def test_a_removed_entry_is_found(database: Database) -> None:
    shop = world.make(database)
    for number in range(3):
        note(shop, str(number))
    without_triggers(database, "DELETE FROM audit_entry WHERE subject = '1'")
    assert not unbroken(chain(shop))
    assert any("audit" in line for line in world.violations(database))


def without_triggers(database: Database, statement: str) -> None:
    """Do what only someone with all rights on the database could do."""
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(statement))
            return
        triggers = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
        ).all()
        for name, _ in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(statement))
        for _, sql in triggers:
            connection.exec_driver_sql(sql)
