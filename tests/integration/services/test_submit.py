"""A claimed page is handed in: once, whole, and in the words of the label set."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Conflict, NotFound, Unprocessable
from crowd.models import Answer, Assignment, StraySubmission
from crowd.services.collect import Kept, Receipt
from tests.integration import world
from tests.integration.world import PRICE


def test_every_answer_is_stored_with_where_it_comes_from(database: Database) -> None:
    shop = world.make(database, items=2)
    page = shop.page("ann")
    shop.clock.forward(60)
    said = {question.name: label for question, label in zip(page.questions, "ab", strict=True)}
    receipt = shop.submit("ann", page, said)
    assert receipt == Receipt(page.token, 2, 2 * PRICE, shop.clock())
    answers = {answer.item_id: answer for answer in shop.rows(select(Answer))}
    for question in page.questions:
        answer = answers[shop.item(question.key).id]
        assert (answer.value, answer.seconds, answer.channel) == (said[question.name], 2.0, "pool")
    shop.sound()


def test_the_same_submission_again_gets_the_same_receipt(database: Database) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    first = shop.submit("ann", page)
    shop.clock.forward(1000)
    assert shop.submit("ann", page) == first
    assert shop.count(Answer) == 4
    assert shop.count(StraySubmission) == 0


def test_another_content_is_a_conflict_and_kept(database: Database) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    first = shop.submit("ann", page, "a")
    for _ in range(2):
        outcome = shop.submit("ann", page, "b")
        assert isinstance(outcome, Kept)
        assert isinstance(outcome.error, Conflict)
    assert shop.rows(select(Answer.value)) == ["a"] * 4
    assert shop.count(StraySubmission) == 2
    assert shop.submit("ann", page, "a") == first
    shop.sound()


def test_the_page_of_another_is_not_found(database: Database) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    with pytest.raises(NotFound, match="no such page"):
        shop.submit("bob", page)
    assert shop.count(StraySubmission) == 0


@pytest.mark.parametrize(
    ("change", "where", "message"),
    [
        ({"q1": "d"}, "q1", "not in the label set"),
        ({"q1": ""}, "q1", "not in the label set"),
        ({"q5": "a"}, "q5", "is not on this page"),
        ({"q1": None}, "q1", "is not answered"),
    ],
)
def test_a_faulty_page_is_refused_whole_and_can_be_repaired(
    database: Database, change: dict[str, str | None], where: str, message: str
) -> None:
    shop = world.make(database)
    page = shop.page("ann")
    right = dict.fromkeys(("q1", "q2", "q3", "q4"), "a")
    wrong = {name: value for name, value in (right | change).items() if value is not None}
    with pytest.raises(Unprocessable, match=message) as refusal:
        shop.submit("ann", page, wrong)
    assert [problem.where for problem in refusal.value.problems] == [where]
    assert shop.count(Answer) == 0
    assert shop.rows(select(Assignment.work)) == ["assigned"]
    assert isinstance(shop.submit("ann", page, right), Receipt)
    shop.sound()


def test_work_that_costs_nothing_is_not_due(database: Database) -> None:
    shop = world.make(database, price_micros=0)
    shop.answer("ann")
    assert shop.rows(select(Assignment.payment)) == ["none"]
    shop.sound()
