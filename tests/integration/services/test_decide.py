"""Enough, another answer, or give up: decided item by item, with the reason, as far as the money goes."""

from __future__ import annotations

from sqlalchemy import select

from crowd.db import Database
from crowd.models import Decision, Item
from crowd.services.decide import Decided
from tests.integration import world
from tests.integration.world import PRICE, World


def adaptive(database: Database, **settings: object) -> World:
    """Ask one answer of each item, up to three until the consensus is 90 % sure."""
    chosen = {"overlap": 1, "max_overlap": 3, "confidence": 0.9, "hit_size": 4, **settings}
    return world.make(database, **chosen)


def states(shop: World) -> dict[str, tuple[str, int, int]]:
    rows = shop.rows(select(Item).where(Item.project_id == shop.project_id))
    return {item.key: (item.state, item.wanted, item.open) for item in rows}


def test_what_is_sure_is_settled_and_what_is_not_is_asked_again(database: Database) -> None:
    shop = adaptive(database, items=2)
    shop.answer("ann")
    run = shop.concluded({"i00": (0.95, 1), "i01": (0.6, 1)})
    assert shop.decide(run) == Decided(enough=1, more=1)
    assert states(shop) == {"i00": ("settled", 1, 0), "i01": ("asking", 2, 1)}
    reasons = {row.item_id: row for row in shop.rows(select(Decision))}
    assert reasons[shop.item("i00").id].action == "enough"
    assert reasons[shop.item("i01").id].action == "more"
    assert all("0.9" in row.reason and row.run_id == run.id for row in reasons.values())
    assert shop.money() == (3, 0)
    shop.sound()


def test_deciding_again_on_the_same_run_changes_nothing(database: Database) -> None:
    shop = adaptive(database, items=2)
    shop.answer("ann")
    run = shop.concluded({"i00": (0.95, 1), "i01": (0.6, 1)})
    shop.decide(run)
    before = states(shop)
    assert shop.decide(run) == Decided()
    assert (states(shop), shop.money()) == (before, (3, 0))
    shop.sound()


def test_an_item_nobody_can_agree_on_is_given_up(database: Database) -> None:
    shop = adaptive(database, items=1, overlap=3)
    for name in ("ann", "bob", "eve"):
        shop.answer(name)
    assert shop.decide(shop.concluded({"i00": (0.5, 3)})) == Decided(give_up=1)
    assert states(shop) == {"i00": ("given_up", 3, 0)}
    shop.sound()


def test_places_nobody_holds_are_taken_back_with_their_money(database: Database) -> None:
    shop = adaptive(database, items=1)
    shop.answer("ann")
    shop.ask_again("i00")
    assert shop.money() == (2, 0)
    assert shop.decide(shop.concluded({"i00": (0.95, 1)})) == Decided(enough=1)
    assert states(shop) == {"i00": ("settled", 1, 0)}
    assert shop.money() == (1, 0)
    assert shop.claim("bob") is None
    shop.sound()


def test_an_item_under_way_is_not_asked_a_second_time(database: Database) -> None:
    shop = adaptive(database, items=1)
    shop.answer("ann")
    run = shop.concluded({"i00": (0.6, 1)})
    shop.decide(run)
    shop.page("bob")
    assert shop.decide(run) == Decided()
    assert states(shop) == {"i00": ("asking", 2, 0)}
    shop.sound()


def test_a_settled_item_whose_confidence_falls_is_asked_about_again(database: Database) -> None:
    shop = adaptive(database, items=2)
    shop.answer("ann")
    shop.decide(shop.concluded({"i00": (0.95, 1), "i01": (0.95, 1)}))
    assert shop.decide(shop.concluded({"i00": (0.7, 1)})).more >= 1
    assert states(shop)["i00"] == ("asking", 2, 1)
    shop.answer("bob")
    shop.sound()


def test_the_most_doubtful_come_first_where_money_is_short(database: Database) -> None:
    shop = adaptive(database, items=3, cap=4 * PRICE)
    shop.answer("ann")
    run = shop.concluded({"i00": (0.8, 1), "i01": (0.4, 1), "i02": (0.6, 1)})
    assert shop.decide(run) == Decided(more=1, unfunded=2)
    assert [key for key, (_, _, free) in sorted(states(shop).items()) if free] == ["i01"]
    shop.sound()


def test_money_that_one_item_gives_back_pays_for_another(database: Database) -> None:
    shop = adaptive(database, items=2, cap=3 * PRICE)
    shop.answer("ann")
    shop.ask_again("i00")
    assert shop.money() == (3, 0)
    assert shop.decide(shop.concluded({"i00": (0.95, 1), "i01": (0.6, 1)})) == Decided(enough=1, more=1)
    assert states(shop) == {"i00": ("settled", 1, 0), "i01": ("asking", 2, 1)}
    shop.sound()


def test_without_a_target_exactly_the_overlap_is_bought(database: Database) -> None:
    shop = world.make(database, items=1, overlap=2)
    shop.answer("ann")
    assert shop.decide(shop.concluded({"i00": (1.0, 1)})) == Decided()
    shop.answer("bob")
    assert shop.decide(shop.concluded({"i00": (0.5, 2)})) == Decided(enough=1)
    shop.sound()
