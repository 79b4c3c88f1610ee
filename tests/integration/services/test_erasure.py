"""After an erasure nobody finds the name, and nothing that was learned is lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Conflict, Unauthorized
from crowd.models import Answer, AuditEntry, Base, Worker
from crowd.services import conclude, erasure, merge, roster
from crowd.services.access import keys, scope, sessions
from crowd.services.erasure import Erased
from crowd.services.experts import appeals
from crowd.services.people import eligibility, groups, invitations, messages
from tests.integration import world
from tests.integration.world import START, World

NAME = "Wilhelmina Őrsi"


def everything(database: Database) -> str:
    """Return every value of every table, as one text."""
    with database.read() as session:
        rows = [row for table in Base.metadata.sorted_tables for row in session.execute(select(table))]
    return "\n".join(str(tuple(row)) for row in rows)


@pytest.fixture
def shop(database: Database) -> World:
    """A project in which somebody with a name has done everything that leaves traces."""
    shop = world.make(database, items=2, overlap=1)

    def arrive(session: Any, _: Any) -> tuple[str, str]:
        worker, _token = invitations.invite(session, shop.principal, name=NAME, now=START)
        sessions.open_for_worker(session, worker, now=START)
        groups.add(session, shop.principal, "radiology", [worker], now=START)
        letter = {"requester_id": worker.requester_id, "worker": worker, "now": START}
        messages.send(session, sender="requester", text=f"Dear {NAME}", **letter)
        messages.send(session, sender="worker", text=f"Yours, {NAME}", **letter)
        return worker.pseudonym, keys.create_worker_token(session, worker, now=START)

    shop.pseudonym, shop.token = shop.do(arrive)
    shop.answer(NAME)

    def appeal(session: Any, project: Any) -> None:
        worker = scope.worker(session, shop.principal, shop.pseudonym)
        facts = {"kind": "suspended", "reason": "too fast", "facts": {}, "actor": "test", "now": START}
        barred = roster.restrict(session, worker, project=project, **facts)
        session.flush()
        appeals.file(session, worker, "restriction", str(barred.id), f"Not {NAME}!", now=START)
        roster.lift(session, shop.principal, worker, project, now=START)

    shop.do(appeal)
    return shop


def erase(shop: World) -> Erased:
    return shop.do(
        lambda s, _: erasure.erase(
            s, shop.principal, scope.worker(s, shop.principal, shop.pseudonym), now=START
        )
    )


def test_no_table_holds_the_name_afterwards(database: Database, shop: World) -> None:
    assert NAME in everything(database)
    assert erase(shop) == Erased(shop.pseudonym, 0, 1, 1, 1, 2, 1, 0, 0)
    left = everything(database)
    assert NAME not in left
    assert "Wilhelmina" not in left
    assert shop.pseudonym in left


def test_answers_lineage_and_groups_stay(database: Database, shop: World) -> None:
    erase(shop)
    shop.decide(shop.do(lambda s, p: conclude.conclude(s, p, now=START)))
    version = shop.do(lambda s, p: merge.freeze(s, p, now=START))
    assert version.size == 2
    assert shop.count(Answer) == 2
    assert shop.do(
        lambda s, _: [each.pseudonym for each in groups.members(s, shop.principal, "radiology")]
    ) == [shop.pseudonym]
    shop.sound()


def test_there_is_no_way_back_in(database: Database, shop: World) -> None:
    erase(shop)
    with pytest.raises(Unauthorized), database.read() as session:
        keys.authenticate_worker(session, shop.token)
    worker = shop.rows(select(Worker).where(Worker.pseudonym == shop.pseudonym))[0]
    found = shop.do(lambda s, p: eligibility.reasons(s, p, worker, now=START))
    assert [reason.code for reason in found] == ["restriction"]
    with pytest.raises(Conflict, match="is erased already"):
        erase(shop)


def test_the_name_may_be_taken_by_somebody_else(shop: World) -> None:
    erase(shop)
    worker, _ = shop.do(lambda s, _: roster.invite(s, shop.principal, name=NAME, now=START))
    assert worker.pseudonym != shop.pseudonym


def test_it_is_on_record_without_the_name(shop: World) -> None:
    erase(shop)
    (entry,) = shop.rows(select(AuditEntry).where(AuditEntry.action == "worker.erase"))
    assert entry.subject == f"worker:{shop.pseudonym}"


def test_words_beside_answers_stay_and_are_listed(database: Database) -> None:
    from crowd.services import collect

    shop = world.make(database, items=1, overlap=1)
    page = shop.page(NAME)
    shop.do(
        lambda s, _: collect.submit(
            s, shop.worker(s, NAME), page.token, answers={"q1": "a"}, notes={"q1": "too dark"}, now=START
        )
    )
    worker = shop.rows(select(Worker))[0]
    shop.pseudonym = worker.pseudonym
    assert erase(shop).notes == 1
    (note,) = shop.do(lambda s, _: list(erasure.notes(s, worker)))
    assert (note.project, note.item, note.kind, note.text) == ("demo", "i00", "answer", "too dark")
