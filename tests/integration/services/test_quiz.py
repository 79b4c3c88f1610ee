"""A project may ask for an entrance quiz: only gold, unpaid, and its result opens the door."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import select

from crowd.channels import Page
from crowd.db import Database
from crowd.errors import Forbidden
from crowd.models import Assignment, Skill, Slot
from crowd.services.collect import Receipt
from tests.integration import world
from tests.integration.world import LABELS, World

QUIZ = {"questions": 4, "pass_mark": 0.75, "attempts": 2}


def truths(page: Page) -> dict[str, str]:
    return {question.name: LABELS[int(question.key[1:]) % 3] for question in page.questions}


def attempt(shop: World, name: str, changes: Mapping[str, str] | None = None) -> Receipt:
    page = shop.page(name)
    assert page.kind == "quiz"
    receipt = shop.submit(name, page, truths(page) | (changes or {}))
    assert isinstance(receipt, Receipt)
    return receipt


@pytest.fixture
def shop(database: Database) -> World:
    return world.make(database, items=4, gold=12, quiz=QUIZ)


def test_the_first_page_is_all_gold_and_unpaid(shop: World) -> None:
    page = shop.page("ann")
    assert (page.kind, len(page.questions)) == ("quiz", 4)
    assert all(question.key[0] == "g" for question in page.questions)
    assert shop.page("ann") == page
    assert shop.money() == (8, 0)
    assert attempt(shop, "ann").amount_micros == 0
    assert shop.rows(select(Assignment.payment)) == ["none"]
    shop.sound()


def test_who_passes_is_given_work(shop: World) -> None:
    attempt(shop, "ann", {"q1": "c"})
    [skill] = shop.rows(select(Skill))
    assert (skill.name, skill.source, skill.evidence) == ("quiz", "quiz", 4)
    assert skill.value >= 0.75
    assert shop.page("ann").kind == "work"
    shop.sound()


def test_who_fails_tries_again_with_other_questions_and_then_no_more(shop: World) -> None:
    wrong = {f"q{n}": "no" for n in range(5)}
    for _ in range(2):
        page = shop.page("ann")
        wrong = {name: LABELS[LABELS.index(truth) - 1] for name, truth in truths(page).items()}
        shop.submit("ann", page, wrong)
    assert shop.rows(select(Skill.value)) == [0, 0]
    assert len(set(shop.rows(select(Slot.item_id)))) == 8
    with pytest.raises(Forbidden, match="not passed the quiz"):
        shop.claim("ann")
    assert shop.page("bob").kind == "quiz"


def test_without_gold_there_is_no_quiz(database: Database) -> None:
    shop = world.make(database, items=2, quiz=QUIZ)
    with pytest.raises(Forbidden, match="no question left"):
        shop.claim("ann")
