"""Two claims at once: one place goes to one, one worker gets one page."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.models import (
    Project,
    Worker,
)
from crowd.services import (
    collect,
)
from tests.integration import world
from tests.integration.meanwhile import HOLDING, Meanwhile


def test_a_double_click_gets_one_page(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database)
    shop.meet("ann")
    with meanwhile(HOLDING, lambda: shop.claim("ann")) as other:
        page = shop.claim("ann")
    assert other.done() == page is not None
    shop.sound()


def test_one_place_goes_to_one_of_two(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, items=1, overlap=1)
    shop.meet("ann", "bob")
    with meanwhile(HOLDING, lambda: shop.claim("bob")) as other:
        page = shop.claim("ann")
    assert page is not None
    assert other.done() is None
    shop.sound()


def test_an_item_another_is_just_answering_is_not_passed_over(
    database: Database, meanwhile: Meanwhile
) -> None:
    shop = world.make(database, items=1)
    shop.meet("bob")
    page = shop.page("ann")

    def submit(session: Session, _: Project) -> None:
        ann, answers = shop.worker(session, "ann"), {"q1": "a"}
        collect.submit(session, ann, page.token, answers=answers, now=shop.clock())
        session.execute(text("SELECT 'before the commit'"))

    with meanwhile("SELECT 'before", lambda: shop.claim("bob")) as other:
        shop.do(submit)
    assert other.done() is not None
    shop.sound()


def test_a_new_worker_who_comes_twice_at_once_is_one(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database)
    with meanwhile("INSERT INTO worker", lambda: shop.claim("ann")) as other:
        page = shop.claim("ann")
    assert other.done() == page is not None
    assert shop.count(Worker) == 1
    shop.sound()
