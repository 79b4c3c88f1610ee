"""Enough, another answer, or give up: decided item by item, with the reason, as far as the money goes."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from crowd.db import Database
from crowd.models import Decision, Item
from crowd.services import conclude
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


def settle(shop: World) -> Decided:
    """Conclude from the answers there are, and decide."""
    return shop.decide(shop.do(lambda s, p: conclude.conclude(s, p, now=shop.clock())))


def worthwhile(database: Database, **settings: object) -> World:
    """Ask two answers of each item, up to five while another gains what it costs: a fiftieth of a label."""
    chosen = {"overlap": 2, "max_overlap": 5, "hit_size": 8, "label_value_micros": 50 * PRICE, **settings}
    shop = world.make(database, items=8, **chosen)
    split = {f"i{n:02d}": "abc"[n % 3] for n in range(8)} | {"i06": "b"}
    say(shop, "ann", {f"i{n:02d}": "abc"[n % 3] for n in range(8)})
    say(shop, "bob", split)
    return shop


def say(shop: World, name: str, labels: Mapping[str, str]) -> None:
    page = shop.page(name)
    shop.submit(name, page, {question.name: labels[question.key] for question in page.questions})


def test_an_answer_is_bought_where_it_is_expected_to_gain_its_price(database: Database) -> None:
    shop = worthwhile(database)
    assert settle(shop).more == 1
    assert states(shop)["i06"] == ("asking", 3, 1)
    said = {row.item_id: row.reason for row in shop.rows(select(Decision))}
    assert " >= 0.02 right labels" in said[shop.item("i06").id]
    assert " < 0.02" in said[shop.item("i00").id]
    assert states(shop)["i00"] == ("settled", 2, 0)
    shop.sound()


def test_the_item_that_gains_most_is_asked_first(database: Database) -> None:
    shop = worthwhile(database, label_value_micros=10_000 * PRICE)
    assert settle(shop).more > 1
    ranks = {item.key: item.rank for item in shop.rows(select(Item).where(Item.claimable))}
    assert min(ranks, key=ranks.__getitem__) == "i06"
    assert all(rank < 0 for rank in ranks.values())


def test_doubt_that_answers_do_not_end_goes_to_an_expert_where_one_is_worth_it(database: Database) -> None:
    dear = worthwhile(database, confidence=0.95, max_overlap=2, expert_price_micros=1000 * PRICE)
    assert (settle(dear).expert, states(dear)["i06"][0]) == (0, "given_up")
    shop = worthwhile(database, slug="two", confidence=0.95, max_overlap=2, expert_price_micros=5 * PRICE)
    assert settle(shop).expert >= 1
    assert states(shop)["i06"] == ("given_up", 2, 0)
    row = shop.rows(select(Decision).where(Decision.item_id == shop.item("i06").id))[-1]
    assert (row.action, "an expert gains" in row.reason) == ("expert", True)
    shop.sound()
