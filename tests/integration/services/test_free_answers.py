"""Answers that are no labels: read into one form, and graded by how near they are."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Unprocessable
from crowd.models import Answer, Grade
from crowd.services import grade, intake
from crowd.services.access import keys
from crowd.services.collect import Receipt
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.gold import GoldRow
from tests.integration import world
from tests.integration.world import PRICE, START, World


def numbers(database: Database) -> World:
    """Make a project that asks for numbers, with gold; its items stand as any."""
    settings = ProjectSettings(
        task_type="number", task_options={"tolerance": 1}, overlap=2, price_micros=PRICE, seed=1, gold_share=0
    )
    with database.write() as session:
        owner = keys.operator(keys.requester(session, "local", now=START))
        project = projects.create(
            session, owner, slug="count", labels=[], settings=settings, cap_micros=10**9, now=START
        )
        shop = World(database, project.id, owner)
        intake.add_items(session, project, world.item_rows(["i00", "i01", "g00"]), now=START)
        intake.add_gold(session, project, [GoldRow("g00", "12.0", "")], source="test", now=START)
        world.ask_about(session, project, ["i00", "i01"])
    return shop


def test_answers_are_stored_in_canonical_form(database: Database) -> None:
    shop = numbers(database)
    page = shop.page("ann")
    assert isinstance(shop.submit("ann", page, {"q1": 7.50, "q2": "3"}), Receipt)
    assert sorted(shop.rows(select(Answer.value))) == ["3", "7.5"]
    with pytest.raises(Unprocessable):
        shop.submit("bob", shop.page("bob"), {"q1": "many", "q2": 1})
    shop.sound()


def test_gold_is_graded_by_how_near_an_answer_is(database: Database) -> None:
    shop = numbers(database)
    shop.configure(gold_share=1.0)
    page = shop.page("ann")
    said = {question.name: 12.4 if question.key == "g00" else 5 for question in page.questions}
    shop.submit("ann", page, said)
    shop.do(lambda s, p: grade.grade(s, p, now=START))
    assert shop.rows(select(Grade.correct)) == [True]
    shop.sound()
