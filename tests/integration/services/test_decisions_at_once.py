"""A decision is taken while pages come and go: no place is lost, none offered twice, nobody locked up."""

from __future__ import annotations

from crowd.db import Database
from crowd.services.collect import Receipt
from tests.integration import world
from tests.integration.meanwhile import HOLDING, Meanwhile
from tests.integration.world import PRICE


def test_a_page_returned_while_its_item_is_settled_offers_no_place(
    database: Database, meanwhile: Meanwhile
) -> None:
    shop = world.make(database, items=1, overlap=1)
    shop.answer("ann")
    shop.ask_again("i00")
    page = shop.page("bob")
    run = shop.concluded({"i00": (0.9, 1)})
    with meanwhile("UPDATE item SET state", lambda: shop.give_back("bob", page)) as other:
        shop.decide(run)
    other.done()
    assert shop.item("i00").state == "settled"
    shop.sound()


def test_a_page_returned_while_its_item_is_asked_again_loses_no_place(
    database: Database, meanwhile: Meanwhile
) -> None:
    shop = world.make(database, items=1, overlap=1)
    shop.answer("ann")
    shop.ask_again("i00")
    page = shop.page("bob")
    shop.decide(shop.concluded({"i00": (0.9, 1)}))
    again = lambda: shop.ask_again("i00", cause="late")  # noqa: E731
    with meanwhile("UPDATE item SET wanted=(item.wanted - ", again) as other:
        shop.give_back("bob", page)
    other.done()
    shop.sound()


def test_a_page_claimed_while_its_item_is_settled_is_still_welcome(
    database: Database, meanwhile: Meanwhile
) -> None:
    shop = world.make(database, items=1, overlap=1)
    shop.answer("ann")
    shop.ask_again("i00")
    shop.meet("bob")
    run = shop.concluded({"i00": (0.9, 1)})
    with meanwhile(HOLDING, lambda: shop.decide(run)) as other:
        page = shop.page("bob")
    assert other.done().enough == 1
    assert isinstance(shop.submit("bob", page), Receipt)
    shop.sound()


def test_deciding_twice_at_once_asks_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, items=2, overlap=1, confidence=0.9, price_micros=0)
    shop.answer("ann")
    run = shop.concluded({"i00": (0.6, 1), "i01": (0.6, 1)})
    with meanwhile("UPDATE item", lambda: shop.decide(run)) as other:
        mine = shop.decide(run)
    assert mine.more + other.done().more == 2
    assert shop.item("i00").open == 1
    shop.sound()


def test_a_decision_and_a_claim_do_not_lock_each_other_up(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(
        database, items=2, gold=6, overlap=1, max_overlap=2, confidence=0.99, price_micros=PRICE
    )
    shop.answer("ann")
    shop.ask_again("i00", "i01")
    shop.configure(hit_size=1, gold_share=1.0)
    shop.meet("bob")
    run = shop.concluded({"i00": (0.999, 1), "i01": (0.6, 2)})
    with meanwhile("SELECT item.id, item.open", lambda: shop.claim("bob"), time=2) as other:
        done = shop.decide(run)
    other.done()
    assert (done.enough, done.give_up) == (1, 1)
    shop.sound()


def test_gold_that_is_paid_for_meanwhile_does_not_stop_a_decision(
    database: Database, meanwhile: Meanwhile
) -> None:
    shop = world.make(database, items=2, gold=6, overlap=1, confidence=0.99, hit_size=1, cap=3 * PRICE)
    shop.answer("ann")
    shop.configure(gold_share=1.0)
    shop.meet("bob")
    run = shop.concluded({"i00": (0.6, 1)})
    with meanwhile("UPDATE budget", lambda: shop.claim("bob")) as other:
        done = shop.decide(run)
    assert other.done() is not None
    assert done.more == 1
    shop.sound()


def test_a_sweep_and_a_claim_do_not_lock_each_other_up(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, items=2, gold=6, hit_size=1)
    shop.configure(gold_share=1.0)
    shop.page("ann")  # only gold: taking it back moves money
    shop.configure(gold_share=0.0)
    shop.page("bob")
    shop.configure(gold_share=1.0)
    shop.meet("eve")
    shop.clock.forward(10_000)
    with meanwhile("UPDATE item SET rank", lambda: shop.claim("eve"), time=2) as other:
        assert shop.sweep() == 2
    other.done()
    shop.sound()
