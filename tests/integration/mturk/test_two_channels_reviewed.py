"""Two channels and a second look: the audit slice, pages that a person rejects, experts, and gold."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.models import Answer, AuditPick, Item
from crowd.services.honesty import audit_slice
from tests.integration.mturk.two_channels import DAY, OTHER, OWN, PATIENCE, Shared, shared

FREE = {"fees": "none"}


def places(shop: Shared) -> list[tuple[str, int, bool]]:
    """Return state, open places and whose they are, of every item that is not gold."""
    query = select(Item).where(Item.project_id == shop.world.project_id, Item.key.startswith("i"))
    return [(each.state, each.open, each.handed_over) for each in shop.world.rows(query.order_by(Item.key))]


def held(shop: Shared) -> int:
    return shop.money()[0]


def sound(shop: Shared) -> None:
    assert shop.money() == shop.owed()
    shop.world.sound()


def told(shop: Shared, *labels: str) -> None:
    """Let as many people answer at the endpoint, and let both sides hear of it."""
    shop.publish()
    for number, label in enumerate(labels):
        while shop.work_there(f"AW{number}", label):
            pass
    shop.collect()


# The audit slice


def test_a_second_look_is_asked_of_all_people_of_the_channel_that_gives_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_slice, "_people", lambda *_: 3)
    shop = shared(database, own="mturk", when="tie_break", items=2, audit_share=1.0, posting=FREE)
    told(shop, "a", "a")
    shop.settle()
    assert held(shop) == 0
    shop.decide()
    # Those who answered at the endpoint are not of the pool: its three people have seen nothing yet.
    assert places(shop) == [("asking", 3, True)] * 2
    assert held(shop) == 2 * 3 * OTHER
    for name in ("p1", "p2", "p3"):
        assert shop.answer(name, "a") == 2
    shop.decide()
    assert [pick.checked_by for pick in shop.world.rows(select(AuditPick))] == ["answers"] * 2
    sound(shop)


def test_people_of_the_other_channel_are_none_who_could_take_a_second_look(database: Database) -> None:
    shop = shared(database, own="mturk", when="tie_break", items=2, audit_share=1.0, posting=FREE)
    told(shop, "a", "a")
    shop.settle()
    shop.decide()
    # Nobody of the pool has answered anything so far, so nothing is asked there: it is an expert's turn.
    assert [(state, asked) for state, asked, _ in places(shop)] == [("settled", 0)] * 2
    assert held(shop) == 0
    sound(shop)


def test_a_second_look_that_nobody_takes_goes_over_with_what_it_costs_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shared(database, items=2, hit_size=2, audit_share=1.0, posting=FREE)
    shop.answer("p1"), shop.answer("p2")
    shop.settle()
    shop.decide()
    assert places(shop) == [("asking", 3, False)] * 2
    shop.wait(PATIENCE)
    shop.leave(3 * (OTHER - OWN))  # of the first item only
    assert shop.hand_over() == 3
    assert places(shop) == [("asking", 3, True), ("asking", 3, False)]
    told(shop, "a", "a", "a")
    assert shop.answer("p3") == 1
    shop.decide()
    picks = shop.world.rows(select(AuditPick).order_by(AuditPick.item_id))
    assert [pick.checked_by for pick in picks] == ["answers", None]
    sound(shop)


# Pages that are rejected


def by_hand(database: Database, **settings: Any) -> Shared:
    return shared(database, **{"items": 2, "hit_size": 2, "review": "manual", "posting": FREE, **settings})


def test_a_place_of_a_rejected_page_goes_to_the_channel_whose_turn_it_is(database: Database) -> None:
    shop = by_hand(database, when="tie_break")
    shop.answer("p1", "a")
    shop.review("rejected")
    assert places(shop) == [("asking", 2, False)] * 2
    shop.answer("p2", "a"), shop.answer("p3", "b")
    shop.review("accepted")
    shop.decide()
    told(shop, "a")
    assert held(shop) == 2 * (OWN + OWN + OTHER)
    shop.review("rejected")  # one of the first two; two others are here
    assert places(shop) == [("asking", 1, True)] * 2
    assert held(shop) == 2 * (OWN + OTHER + OTHER)
    assert shop.claim("p4") is None
    sound(shop)


def test_a_place_of_a_rejected_page_follows_the_item_that_was_handed_over(database: Database) -> None:
    shop = by_hand(database)
    shop.answer("p1", "a")
    shop.wait(PATIENCE)
    shop.hand_over()
    shop.review("rejected")
    assert places(shop) == [("asking", 2, True)] * 2
    assert held(shop) == 4 * OTHER
    told(shop, "a", "a")
    shop.decide()
    assert [state for state, *_ in places(shop)] == ["settled"] * 2
    sound(shop)


def test_without_the_money_for_the_other_channel_no_place_is_opened_for_a_rejected_page(
    database: Database,
) -> None:
    shop = by_hand(database)
    shop.answer("p1", "a")
    shop.wait(PATIENCE)
    shop.hand_over()
    shop.leave(0)
    shop.review("rejected")  # frees the price of two answers of our own, not enough for one of theirs
    assert places(shop) == [("asking", 1, True)] * 2
    sound(shop)


def test_a_rejection_at_the_endpoint_that_is_overturned_is_paid_there(database: Database) -> None:
    shop = by_hand(database, own="mturk", when="overflow")
    told(shop, "a", "b")
    assert shop.review("rejected")
    assert places(shop) == [("asking", 1, False)] * 2
    assert shop.review("overturned")
    assert shop.money() == (2 * 2 * OWN, 2 * OWN)
    sound(shop)


# Experts and gold


def test_an_expert_takes_back_what_was_handed_over_and_what_is_still_out_stays_closed(
    database: Database,
) -> None:
    shop = shared(database, items=2, overlap=1, hit_size=1, posting=FREE)
    shop.wait(PATIENCE)
    shop.leave(2 * OTHER - OWN)
    assert shop.hand_over() == 2
    shop.expert("i00")
    assert held(shop) == OTHER
    shop.publish()
    shop.expert("i01")
    assert held(shop) == OTHER  # somebody may be at it
    shop.wait(5 * DAY)
    shop.collect()
    assert places(shop) == [("settled", 0, True)] * 2
    assert held(shop) == 0
    sound(shop)


def test_gold_that_both_channels_answered_becomes_an_item_with_the_answers_of_both(
    database: Database,
) -> None:
    shop = shared(database, items=4, gold=1, overlap=2, hit_size=2, posting=FREE)
    shop.world.configure(gold_share=1.0)
    while shop.answer("p1"):
        pass
    shop.wait(PATIENCE)
    shop.hand_over()
    told(shop, "a")
    gold = shop.world.item("g00")
    given = shop.world.rows(select(Answer.channel).where(Answer.item_id == gold.id).order_by(Answer.id))
    assert given == ["pool", "mturk"]
    shop.retire("g00")
    again = shop.world.item("g00")
    assert (again.state, again.wanted, again.open) == ("asking", 2, 0)
    shop.decide()
    assert shop.world.item("g00").state == "settled"
    sound(shop)
