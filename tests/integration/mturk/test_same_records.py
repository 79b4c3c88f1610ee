"""The same batch answered in the pool and at crowd's own endpoint gives the same records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.models import Answer, Assignment, Item, Slot, Worker
from crowd.services import loop
from tests.integration import world
from tests.integration.market.conftest import Market
from tests.integration.mturk.conftest import Shop
from tests.integration.world import World

LABELS = ("a", "b", "c")
PEOPLE = ("ada", "ben", "cleo")

Record = tuple[str, str, str, str | None, float | None]


def said(person: str, item: str) -> str:
    """Return what somebody says of an item, wherever they are asked."""
    return LABELS[(PEOPLE.index(person) * int(item[1:])) % 3]


def records(place: World, names: dict[str, str]) -> list[Record]:
    query = (
        select(Item.key, Worker.name, Answer.value, Answer.note, Answer.seconds, Slot.gold_id)
        .join(Answer, Answer.item_id == Item.id)
        .join(Worker, Worker.id == Answer.worker_id)
        .join(Slot, Slot.id == Answer.slot_id)
        .where(Item.project_id == place.project_id)
    )
    with place.database.read() as session:
        rows = session.execute(query).all()
    return sorted(
        (key, names.get(name, name), value, note, seconds) for key, name, value, note, seconds, _ in rows
    )


def in_the_pool(database: Database) -> World:
    place = world.make(database, items=6, overlap=3, hit_size=2, slug="pool", price_micros=30_000)
    for person in PEOPLE:
        while (page := place.claim(person)) is not None:
            answers = {question.name: said(person, question.key) for question in page.questions}
            place.clock.forward(60)
            place.submit(person, page, answers)
    return place


@pytest.mark.contract(68)
def test_pool_and_endpoint_give_the_same_records(
    open_shop: Callable[..., Shop], market: Market, database: Database
) -> None:
    pool = in_the_pool(database)
    shop = open_shop(items=6, overlap=3, hit_size=2, slug="elsewhere", price_micros=30_000)
    shop.publish()
    pages = {hit.external_id: keys(shop.world, hit.id) for hit in shop.hits()}
    for person in PEOPLE:
        for hit, asked in pages.items():
            answers = {f"q{place}": said(person, key) for place, key in enumerate(asked, start=1)}
            form = {"answers": answers, "notes": {}, "skips": {}, "times": {}, "seconds": 4}
            assignment = market.accept(person, str(hit))
            shop.clock.forward(60)
            market.submit(assignment, crowd=json.dumps(form))
    turn = loop.turn(database, shop.world.project_id, shop.channel, clock=shop.clock, ask=False)
    assert (turn.collected, turn.paid) == (9, 9)
    names = {market.person(person): person for person in PEOPLE}
    assert records(shop.world, names) == records(pool, {})
    assert len(records(pool, {})) == 18
    shop.world.sound()


@pytest.mark.contract(59)
def test_our_ledger_is_the_endpoints_to_the_cent(
    open_shop: Callable[..., Shop], market: Market, database: Database
) -> None:
    shop = open_shop(items=3, overlap=2, hit_size=2)
    before = balance(market)
    shop.publish()
    for hit in shop.hits():
        for person in PEOPLE[:2]:
            asked = keys(shop.world, hit.id)
            form = {"answers": {f"q{n}": "a" for n in range(1, len(asked) + 1)}}
            market.done(person, str(hit.external_id), crowd=json.dumps(form))
    loop.turn(database, shop.world.project_id, shop.channel, clock=shop.clock, ask=False)
    budget = shop.world.rows(select(world.Budget).where(world.Budget.project_id == shop.world.project_id))[0]
    assert before - balance(market) == budget.spent // 10_000 > 0
    paid: list[Any] = shop.world.rows(
        select(Assignment.payment).where(Assignment.project_id == shop.world.project_id)
    )
    assert set(paid) == {"paid"}


def balance(market: Market) -> int:
    dollars, _, cents = market.client.get_account_balance()["AvailableBalance"].partition(".")
    return int(dollars) * 100 + int(cents)


def keys(place: World, hit_id: int) -> list[str]:
    from crowd.models import HitQuestion

    query = select(Item.key).join(HitQuestion, HitQuestion.item_id == Item.id)
    return place.rows(query.where(HitQuestion.hit_id == hit_id).order_by(HitQuestion.position))
