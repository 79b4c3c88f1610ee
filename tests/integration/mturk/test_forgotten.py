"""A worker of an endpoint is erased: their id there is nowhere any more, and what they did stays."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Conflict
from crowd.models import Base, Worker
from crowd.services import erasure
from crowd.services.erasure import Erased
from crowd.services.mturk import bonuses, people
from tests.integration.mturk.stall import Stall, stall

NAME, OTHER = "A1WILHELMINA", "A2WIM"


@pytest.fixture
def shop(database: Database) -> Stall:
    """Hold a worker who handed in a page that counts and one that cannot be read, was paid and written to."""
    shop = stall(database, items=4, overlap=2)
    first, second = shop.published()
    shop.work(first, NAME, OTHER)
    shop.turk.work(second, NAME, [("crowd", "{}")])
    shop.collect()
    page = shop.assignments()[0]

    def treat(session: Any, project: Any) -> None:
        now = shop.shop.clock()
        worker = session.get_one(Worker, page.worker_id)
        bonuses.bonus(session, project, page, 100_000, "well done", now=now)
        made = people.qualification(session, project, "was here", "x", now=now)
        people.grant(session, project, worker, people.later(made), 1, cause="worked", now=now)
        people.notify(session, project, [NAME], "Dear you", "Only for you", now=now)
        people.notify(session, project, [NAME, OTHER], "Dear all", "For both", now=now)

    shop.shop.world.do(treat)
    return shop


def everything(database: Database) -> str:
    with database.read() as session:
        rows = [row for table in Base.metadata.sorted_tables for row in session.execute(select(table))]
    return "\n".join(str(tuple(row)) for row in rows)


def erase(shop: Stall) -> Erased:
    def act(session: Any, _: Any) -> Erased:
        worker = session.scalars(select(Worker).where(Worker.name == NAME)).one()
        return erasure.erase(session, shop.shop.world.principal, worker, now=shop.shop.clock())

    return shop.shop.world.do(act)


def test_nobody_is_erased_while_calls_about_them_are_to_be_sent(shop: Stall) -> None:
    with pytest.raises(Conflict, match=r"4 calls about worker .* crowd collect"):
        erase(shop)
    assert NAME in everything(shop.database)


def test_the_id_is_nowhere_afterwards_and_the_work_stays(shop: Stall) -> None:
    shop.send()
    shop.send()  # the grant waits for the qualification
    paid, pages = shop.turk.spent(), len(shop.assignments())
    erased = erase(shop)
    assert erased.endpoint_ids == 5  # a bonus, a grant, two letters, a page kept apart
    left = everything(shop.database)
    assert NAME not in left
    assert "Only for you" not in left
    assert OTHER in left
    assert "For both" in left
    assert f"(erased) {erased.worker}" in left
    assert (shop.turk.spent(), len(shop.assignments())) == (paid, pages)
    shop.shop.world.sound()


def test_collecting_again_brings_neither_the_work_nor_the_name_back(shop: Stall) -> None:
    shop.send()
    shop.send()
    erase(shop)
    apart, pages = len(shop.quarantined()), len(shop.assignments())
    shop.collect()
    assert (len(shop.quarantined()), len(shop.assignments())) == (apart, pages) == (1, 3)
    assert NAME not in everything(shop.database)
    shop.shop.world.sound()


def test_a_page_kept_apart_is_listed_with_their_notes(shop: Stall) -> None:
    shop.send()
    shop.send()
    erase(shop)

    def listed(session: Any, _: Any) -> list[str]:
        gone = session.scalars(select(Worker).where(Worker.erased_at.is_not(None))).one()
        return [note.kind for note in erasure.notes(session, gone)]

    assert shop.shop.world.do(listed) == ["quarantined"]
