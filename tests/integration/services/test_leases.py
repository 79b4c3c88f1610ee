"""A page is held for a while: renewed, given back, or taken back when its time is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import NotFound, Stale
from crowd.models import Answer, Assignment, Slot, StraySubmission
from crowd.services import assign
from crowd.services.collect import Kept, Receipt
from tests.integration import world
from tests.integration.world import World


def renew(shop: World, name: str, token: str):
    return shop.do(lambda s, _: assign.renew(s, shop.worker(s, name), token, now=shop.clock()))


def test_a_renewed_lease_lasts_longer(database: Database) -> None:
    shop = world.make(database, lease_seconds=60)
    page = shop.page("ann")
    shop.clock.forward(50)
    assert renew(shop, "ann", page.token) == shop.clock() + timedelta(seconds=60)
    shop.clock.forward(50)
    assert shop.sweep() == 0
    shop.clock.forward(11)
    assert shop.sweep() == 1


def test_a_lease_that_has_ended_cannot_be_renewed(database: Database) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    shop.expire()
    with pytest.raises(Stale, match="already expired"):
        renew(shop, "ann", page.token)


@pytest.mark.parametrize("token", ["no such token", "", "a\x00b", "\ud800"])
def test_a_page_nobody_holds_is_not_found(database: Database, token: str) -> None:
    shop = world.make(database)
    with pytest.raises(NotFound, match="no such page"):
        renew(shop, "ann", token)


def test_the_page_of_another_is_as_unknown_as_none(database: Database) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    for act in (lambda: renew(shop, "bob", page.token), lambda: shop.give_back("bob", page)):
        with pytest.raises(NotFound, match="no such page"):
            act()
    assert shop.rows(select(Assignment.work)) == ["assigned"]


def test_a_page_given_back_offers_its_places_again(database: Database) -> None:
    shop = world.make(database, gold=3)
    shop.configure(gold_share=1.0)
    page = shop.page("ann")
    assert shop.money() == (11, 0)
    shop.give_back("ann", page)
    shop.give_back("ann", page)
    assert shop.money() == (8, 0)
    assert {slot.state for slot in shop.rows(select(Slot))} == {"returned"}
    assert [shop.item(f"i{n:02d}").open for n in range(4)] == [2, 2, 2, 2]
    shop.sound()


def test_a_page_handed_in_cannot_be_given_back(database: Database) -> None:
    shop = world.make(database)
    page = shop.answer("ann")
    with pytest.raises(Stale, match="already submitted"):
        shop.give_back("ann", page)
    shop.sound()


def test_a_sweep_takes_back_only_what_has_run_out(database: Database) -> None:
    shop = world.make(database, lease_seconds=60)
    shop.page("ann")
    shop.clock.forward(30)
    shop.page("bob")
    shop.clock.forward(31)
    assert shop.sweep() == 1
    assert shop.rows(select(Assignment.work).order_by(Assignment.id)) == ["expired", "assigned"]
    assert shop.item("i00").open == 1
    shop.sound()


def test_a_lease_ends_by_the_sweep_and_not_by_the_clock(database: Database) -> None:
    shop = world.make(database, lease_seconds=60)
    page = shop.page("ann")
    shop.clock.forward(10_000)
    assert isinstance(shop.submit("ann", page), Receipt)
    assert shop.sweep() == 0
    shop.sound()


def test_what_comes_after_the_sweep_is_kept_apart(database: Database) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    shop.expire()
    outcome = shop.submit("ann", page, "b")
    assert isinstance(outcome, Kept)
    assert isinstance(outcome.error, Stale)
    assert shop.count(Answer) == 0
    [stray] = shop.rows(select(StraySubmission))
    assert stray.payload == {"answers": dict.fromkeys(("q1", "q2", "q3", "q4"), "b"), "seconds": 4}
    assert stray.reason == "the page is expired"
    shop.sound()


def test_a_clock_that_jumps_back_ends_nothing(database: Database) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    shop.clock.forward(-86_400)
    assert shop.sweep() == 0
    assert isinstance(shop.submit("ann", page), Receipt)
    shop.sound()


def test_a_place_whose_item_was_decided_meanwhile_is_let_go(database: Database) -> None:
    shop = world.make(database, items=1, overlap=1)
    shop.answer("ann")
    shop.ask_again("i00")
    page = shop.page("bob")
    shop.decide(shop.concluded({"i00": (0.9, 1)}))
    assert shop.money() == (2, 0)
    shop.give_back("bob", page)
    item = shop.item("i00")
    assert (item.state, item.open, item.wanted) == ("settled", 0, 1)
    assert shop.money() == (1, 0)
    shop.sound()
