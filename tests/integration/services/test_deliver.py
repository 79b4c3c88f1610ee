"""Work comes in for HITs whose pages were built at publish: it counts once, or is kept apart."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crowd.channels import Delivery, Replay, Submission, Unfilled
from crowd.db import Database
from crowd.errors import NotFound, Unprocessable
from crowd.models import Answer, Assignment, Decision, Hit, HitQuestion, StraySubmission, Worker
from crowd.services import deliver, pack, pay
from tests.integration import world
from tests.integration.world import START, World

ALL = {"q1": "a", "q2": "b"}


def published(database: Database, **settings: object) -> tuple[World, str]:
    """Publish one HIT with two questions for two workers."""
    shop = world.make(database, **{"items": 2, "channel": "replay", **settings})
    assert shop.do(lambda s, p: pack.publish_pages(s, p, Replay([]), now=START)) == 1
    return shop, shop.rows(select(Hit.external_id))[0]


def bring(shop: World, hit: str, *submissions: Submission) -> int:
    return shop.do(lambda s, p: deliver.deliver(s, p, [Delivery(hit, submissions)], now=START))


def close(shop: World, hit: str, places: dict[str, int]) -> None:
    shop.do(lambda s, p: deliver.close(s, p, [Unfilled(hit, places, "nobody is left")], now=START))


def places(shop: World) -> list[int]:
    return shop.rows(select(HitQuestion.places).order_by(HitQuestion.position))


def test_answers_take_the_places_of_the_hit(database: Database) -> None:
    shop, hit = published(database)
    assert bring(shop, hit, Submission("1", "ann", ALL, 6.0)) == 2
    assert places(shop) == [1, 1]
    answers = shop.rows(select(Answer).order_by(Answer.id))
    assert [(answer.value, answer.seconds) for answer in answers] == [("a", 3.0), ("b", 3.0)]
    assert bring(shop, hit, Submission("2", "bob", ALL)) == 2
    assert shop.rows(select(Hit.state)) == ["closed"]
    assert shop.money() == (4, 0)
    shop.sound()


def test_an_assignment_delivered_again_changes_nothing(database: Database) -> None:
    shop, hit = published(database)
    work = Submission("1", "ann", ALL)
    assert bring(shop, hit, work, work) == 2
    assert bring(shop, hit, work) == 0
    assert bring(shop, hit, Submission("1", "ann", {"q1": "c"})) == 0
    assert shop.count(Assignment) == 1
    assert shop.count(StraySubmission) == 0
    shop.sound()


def test_a_worker_counts_once_whatever_the_assignment_is_called(database: Database) -> None:
    shop, hit = published(database)
    assert bring(shop, hit, Submission("1", "ann", ALL), Submission("2", "ann", ALL)) == 2
    assert [row.payload for row in shop.rows(select(StraySubmission))] == [{"answers": ALL}]
    assert places(shop) == [1, 1]
    shop.sound()


def test_work_beyond_the_places_is_kept_apart_and_not_paid(database: Database) -> None:
    shop, hit = published(database)
    work = [Submission(name, name, ALL) for name in ("ann", "bob", "eve")]
    assert bring(shop, hit, *work) == 4
    assert shop.rows(select(Assignment.amount_micros).order_by(Assignment.id))[-1] == 0
    assert shop.count(StraySubmission) == 1
    assert shop.do(lambda s, p: pay.settle(s, p, now=START)) == 2
    assert shop.money() == (0, 4)
    shop.sound()


def test_an_unknown_question_is_kept_apart(database: Database) -> None:
    shop, hit = published(database)
    assert bring(shop, hit, Submission("1", "ann", {"q1": "a", "q9": "b"})) == 1
    assert [row.payload for row in shop.rows(select(StraySubmission))] == [{"answers": {"q9": "b"}}]
    shop.sound()


def test_a_label_outside_the_label_set_stores_nothing(database: Database) -> None:
    shop, hit = published(database)
    with pytest.raises(Unprocessable, match="'x' is not in the label set"):
        bring(shop, hit, Submission("1", "ann", ALL), Submission("2", "bob", {"q1": "x"}))
    assert [shop.count(table) for table in (Assignment, Answer, Worker)] == [0, 0, 0]


def test_a_hit_of_another_project_is_not_found(database: Database) -> None:
    shop, hit = published(database)
    other = world.make(database, slug="other", channel="replay")
    with pytest.raises(NotFound, match="no HIT"):
        bring(other, hit, Submission("1", "ann", ALL))
    shop.sound()


def test_places_nobody_will_fill_are_closed_and_their_money_given_back(database: Database) -> None:
    shop, hit = published(database)
    bring(shop, hit, Submission("1", "ann", ALL))
    close(shop, hit, {"q1": 1})
    assert shop.rows(select(Hit.state)) == ["open"]
    assert shop.money() == (3, 0)
    close(shop, hit, {"q2": 1})
    assert shop.rows(select(Hit.state)) == ["closed"]
    assert shop.money() == (2, 0)
    assert [shop.item(key).state for key in ("i00", "i01")] == ["given_up", "given_up"]
    assert shop.rows(select(Decision.reason)) == ["nobody is left", "nobody is left"]
    shop.sound()


def test_one_report_may_name_a_hit_twice(database: Database) -> None:
    shop, hit = published(database)
    rest = [Unfilled(hit, {name: 2}, "nobody is left") for name in ("q1", "q2")]
    shop.do(lambda s, p: deliver.close(s, p, rest, now=START))
    assert shop.money() == (0, 0)
    shop.sound()


def test_gold_on_a_hit_is_paid_for_like_any_question(database: Database) -> None:
    shop = world.make(database, items=4, gold=9, channel="replay", hit_size=4)
    shop.configure(gold_share=1.0)
    shop.do(lambda s, p: pack.publish_pages(s, p, Replay([]), now=START))
    gold = shop.count(HitQuestion, HitQuestion.gold_id.is_not(None))
    assert gold > 0
    assert shop.money() == (8 + 2 * gold, 0)
    for hit in shop.rows(select(Hit)):
        positions = shop.rows(select(HitQuestion.position).where(HitQuestion.hit_id == hit.id))
        answers = {f"q{position}": "a" for position in positions}
        bring(shop, hit.external_id, *[Submission(name, name, answers) for name in ("ann", "bob")])
    shop.do(lambda s, p: pay.settle(s, p, now=START))
    assert shop.money() == (0, 8 + 2 * gold)
    shop.sound()


def test_gold_is_left_out_where_the_budget_has_no_room_for_it(database: Database) -> None:
    shop = world.make(
        database, items=4, gold=9, channel="replay", gold_share=0.5, hit_size=4, cap=8 * world.PRICE
    )
    shop.do(lambda s, p: pack.publish_pages(s, p, Replay([]), now=START))
    assert shop.count(HitQuestion) == 4
    assert shop.money() == (8, 0)
    shop.sound()
