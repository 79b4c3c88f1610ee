"""Reserved items go to chosen workers only; answers are exported as they were given."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.errors import Conflict, Unprocessable
from crowd.models import Project
from crowd.services import grade, roster
from crowd.services.people import reserve
from crowd.services.reports import answers
from tests.integration import world
from tests.integration.world import START, World


def keep(shop: World, key: str, *names: str) -> list[str]:
    return shop.do(
        lambda s, p: reserve.reserve(
            s,
            shop.principal,
            p,
            s.merge(shop.item(key)),
            [shop.worker(s, name) for name in names],
            now=START,
        )
    )


def shown(shop: World, name: str) -> set[str]:
    page = shop.claim(name)
    return {question.payload["text"].removeprefix("about ") for question in page.questions} if page else set()


def test_a_reserved_item_goes_to_its_workers_only(database: Database) -> None:
    shop = world.make(database, items=3, overlap=1)
    keep(shop, "i01", "ann")
    assert shown(shop, "bob") == {"i00", "i02"}
    assert shown(shop, "ann") == {"i01"}
    shop.sound()


def test_released_it_is_for_everybody(database: Database) -> None:
    shop = world.make(database, items=1, overlap=1)
    keep(shop, "i00", "ann")
    assert shown(shop, "bob") == set()
    shop.do(lambda s, p: reserve.release(s, shop.principal, p, s.merge(shop.item("i00")), now=START))
    assert shown(shop, "bob") == {"i00"}


def test_too_few_workers_and_gold_are_refused(database: Database) -> None:
    shop = world.make(database, items=1, gold=1, overlap=2)
    with pytest.raises(Unprocessable, match="an item gets 2 answers"):
        keep(shop, "i00", "ann")
    with pytest.raises(Conflict, match="is gold"):
        keep(shop, "g00", "ann", "bob")


def test_answers_come_with_what_was_later_said_of_them(database: Database) -> None:
    shop = world.make(database, items=2, gold=2, gold_share=0.5, hit_size=3, overlap=2)
    shop.answer("ann")
    shop.do(lambda s, p: grade.exclude(s, p, shop.worker(s, "ann"), reason="r", now=START))
    shop.answer("bob")
    everything = shop.do(lambda s, p: list(answers.rows(s, p)))
    counted = shop.do(lambda s, p: list(answers.rows(s, p, counted=True)))
    assert {row["excluded"] for row in everything} == {True, False}
    assert 0 < len(counted) < len(everything)
    assert all(not row["gold"] and not row["excluded"] for row in counted)
    assert all(tuple(row) == answers.COLUMNS for row in everything)
    assert {row["instructions"] for row in everything} == {1}


def test_an_endpoint_offers_to_everybody_so_nothing_is_kept_there(database: Database) -> None:
    shop = world.make(database, channel="mturk", endpoint="http://turk.test/mturk", overlap=1)
    with pytest.raises(Conflict, match="to everybody"):
        keep(shop, "i00", "ann")


def test_who_works_at_an_endpoint_is_nobody_to_keep_an_item_for(database: Database) -> None:
    shop = world.make(database, overlap=1)

    def reserve_for_stranger(session: Session, project: Project) -> None:
        stranger = roster.arrival(session, project.requester_id, "mturk", "AW1", now=START)
        item = session.merge(shop.item("i00"))
        reserve.reserve(session, shop.principal, project, item, [stranger], now=START)

    with pytest.raises(Unprocessable, match="pool"):
        shop.do(reserve_for_stranger)
