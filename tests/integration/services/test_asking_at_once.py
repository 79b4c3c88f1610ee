"""Two processes ask at once: each item is asked as often as its project wants."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from crowd.channels import Replay
from crowd.db import Database
from crowd.errors import Conflict
from crowd.models import (
    Batch,
    Project,
)
from crowd.services import choose, intake, pack, publish
from crowd.services.setup import projects
from crowd.tables.gold import GoldRow
from tests.integration import world
from tests.integration.meanwhile import Meanwhile
from tests.integration.world import PRICE, START


def test_a_batch_is_asked_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, ask=False, price_micros=0)
    batch = shop.do(lambda s, p: choose.choose(s, p, now=START))
    assert batch is not None

    def ask() -> int:
        return shop.do(lambda s, p: publish.ask_batch(s, p, batch, now=START))

    with meanwhile("UPDATE item", ask) as other:
        assert ask() == 8
    with pytest.raises(Conflict, match="already asked"):
        other.done()
    assert shop.item("i00").open == 2
    shop.sound()


def test_two_turns_at_once_choose_each_item_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, ask=False, batch_size=3)

    def choose_and_ask(session: Session, project: Project) -> Batch | None:
        batch = choose.choose(session, project, now=START)
        if batch is not None:
            publish.ask_batch(session, project, batch, now=START)
        return batch

    with meanwhile("INSERT INTO batch", lambda: shop.do(choose_and_ask)) as other:
        first = shop.do(choose_and_ask)
    second = other.done()
    assert first is not None
    assert second is not None
    assert sorted([first.size, second.size]) == [1, 3]
    shop.sound()


def test_pages_are_published_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, channel="replay")
    channel = Replay([])

    def publish_pages() -> int:
        return shop.do(lambda s, p: pack.publish_pages(s, p, channel, now=START))

    with meanwhile("INSERT INTO hit", publish_pages) as other:
        assert publish_pages() == 1
    assert other.done() == 0
    shop.sound()


def test_a_price_cannot_change_while_answers_are_being_asked(
    database: Database, meanwhile: Meanwhile
) -> None:
    shop = world.make(database, ask=False)

    def raise_price(session: Session, project: Project) -> None:
        projects.update(session, shop.principal, project, {"price_micros": 2 * PRICE}, now=START)

    ask = lambda: shop.do(lambda s, p: world.ask_about(s, p, ["i00"]))  # noqa: E731
    with meanwhile("UPDATE project", ask) as other:
        shop.do(raise_price)
    assert other.done() == 2
    assert shop.money() == (4, 0)
    shop.sound()


def test_what_becomes_gold_is_not_asked(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, ask=False)

    def declare(session: Session, project: Project) -> None:
        intake.add_gold(session, project, [GoldRow("i00", "a", "gold")], source="test", now=START)

    ask = lambda: shop.do(lambda s, p: world.ask_about(s, p, ["i00", "i01"]))  # noqa: E731
    with meanwhile("UPDATE item", ask) as other:
        shop.do(declare)
    assert other.done() == 2
    assert (shop.item("i00").state, shop.item("i01").state) == ("gold", "asking")
    shop.sound()
