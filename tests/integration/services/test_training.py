"""Training comes first in a project, one question at a time, with what is right after each; then the quiz."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Forbidden
from crowd.models import Answer, Assignment, Grade, Slot, Standing
from crowd.services import grade, intake
from crowd.services.collect import Receipt
from crowd.services.page.training import Lesson
from crowd.services.trust import standings
from crowd.tables.gold import GoldRow
from tests.integration import world
from tests.integration.world import World

FIRST = GoldRow("t1", "a", "gold", {"b": 0.5}, "training", "An a has a bow.")
SECOND = GoldRow("t2", "b", "gold", {}, "training")


def school(database: Database, **settings: object) -> World:
    shop = world.make(database, items=6, overlap=1, **settings)
    shop.do(lambda s, p: intake.add_items(s, p, world.item_rows(["t1", "t2"]), now=world.START))
    shop.do(lambda s, p: intake.add_gold(s, p, [FIRST, SECOND], source="test", now=world.START))
    return shop


def learn(shop: World, name: str, label: str) -> Lesson:
    page = shop.page(name)
    assert (page.kind, len(page.questions)) == ("training", 1)
    receipt = shop.submit(name, page, label)
    assert isinstance(receipt, Receipt)
    assert shop.submit(name, page, label) == receipt  # a repeat is told the same
    [lesson] = receipt.lessons
    return lesson


def test_beginners_are_trained_unpaid_and_told_what_is_right(database: Database) -> None:
    shop = school(database)
    page = shop.page("ann")
    assert (
        shop.do(lambda s, p: world.assign.claim(s, p, shop.worker(s, "ann"), ahead=True, now=shop.clock()))
        is None
    )
    assert page.questions[0].key == "t1"
    assert learn(shop, "ann", "c") == Lesson("q1", correct=False, label="a", explanation="An a has a bow.")
    assert learn(shop, "ann", "b") == Lesson("q1", correct=True, label="b", explanation="")
    page = shop.page("ann")
    assert page.kind == "work"
    assert not {"t1", "t2"} & {question.key for question in page.questions}
    assert set(shop.rows(select(Assignment.amount_micros))) == {0}
    shop.do(lambda s, p: grade.grade(s, p, now=shop.clock()))
    assert shop.count(Grade) == 0  # who learns is not judged
    [standing] = shop.rows(select(Standing))
    assert standing.trained_at is not None
    shop.sound()


def test_who_worked_before_there_was_training_goes_on(database: Database) -> None:
    shop = world.make(database, items=9, overlap=1, hit_size=3)
    shop.answer("ann")
    shop.do(standings.refresh)
    shop.do(lambda s, p: intake.add_items(s, p, world.item_rows(["t1"]), now=world.START))
    shop.do(lambda s, p: intake.add_gold(s, p, [FIRST], source="test", now=world.START))
    assert shop.page("ann").kind == "work"
    assert shop.page("ben").kind == "training"


def test_training_then_quiz_then_a_pause_before_the_next_attempt(database: Database) -> None:
    quiz = {"questions": 2, "pass_mark": 1.0, "attempts": 2, "cooling_seconds": 600}
    shop = school(database, quiz=quiz)
    names = [f"g{n:02d}" for n in range(4)]
    shop.do(lambda s, p: intake.add_items(s, p, world.item_rows(names), now=world.START))
    known = [GoldRow(name, "a", "gold") for name in names]
    shop.do(lambda s, p: intake.add_gold(s, p, known, source="test", now=world.START))
    learn(shop, "ann", "a")
    learn(shop, "ann", "a")
    page = shop.page("ann")
    assert page.kind == "quiz"
    shop.submit("ann", page, "b")
    with pytest.raises(Forbidden, match="may try the quiz again from"):
        shop.claim("ann")
    shop.clock.now += timedelta(seconds=601)
    page = shop.page("ann")
    assert page.kind == "quiz"
    shop.submit("ann", page, "a")
    assert shop.page("ann").kind == "work"
    shop.sound()


def test_the_share_of_gold_is_that_of_the_standing(database: Database) -> None:
    policy = {"share": 0.5, "first": 4, "then": 0.0, "proven": 0.0}
    shop = world.make(
        database, items=60, gold=30, overlap=1, hit_size=10, gold_share=None, gold_policy=policy
    )
    for _ in range(3):
        shop.answer("ann")
    begun = shop.count(Slot, Slot.gold_id.is_not(None))
    assert begun >= 6  # 15 expected
    shop.do(standings.refresh)
    [standing] = shop.rows(select(Standing))
    assert (standing.answers, standing.gold_share) == (shop.count(Answer), 0.0)
    for _ in range(3):
        shop.answer("ann")
    assert shop.count(Slot, Slot.gold_id.is_not(None)) == begun
    shop.answer("ben")
    assert shop.count(Slot, Slot.gold_id.is_not(None)) > begun
    shop.sound()
