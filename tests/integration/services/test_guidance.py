"""What the answers ask for is told as it is now where they are few; of many it is what a turn found."""

from __future__ import annotations

import pytest

from crowd.channels import Pool
from crowd.db import Database
from crowd.models import KeptAdvice
from crowd.services import collect, loop
from crowd.services.collect import Skipped
from crowd.services.reports import guidance
from crowd.services.reports.guidance import KEPT_FOR, Told
from tests.integration import world
from tests.integration.world import START, World


@pytest.fixture
def shop(database: Database) -> World:
    return world.make(database, items=8, hit_size=2, overlap=2, max_overlap=2)


def answer_one_of_two(shop: World, name: str) -> None:
    page, now = shop.page(name), shop.clock()
    first, second = (question.name for question in page.questions)
    shop.do(
        lambda s, _: collect.submit(
            s,
            shop.worker(s, name),
            page.token,
            answers={first: "a"},
            skips={second: Skipped("cannot_tell")},
            now=now,
        )
    )


def turn(shop: World) -> None:
    loop.turn(shop.database, shop.project_id, Pool(), clock=shop.clock, ask=False)


def told(shop: World) -> Told | None:
    with shop.database.read() as session:
        return guidance.told(session, shop.do(lambda _, p: p))


def test_few_answers_are_read_at_every_look(shop: World) -> None:
    answer_one_of_two(shop, "ann")
    found = told(shop)
    assert found is not None
    assert found.at is None
    assert "In 50% of questions workers could not tell" in found.questions[0]
    turn(shop)
    assert shop.count(KeptAdvice) == 0


def test_many_are_read_by_turns_seldom_and_never_by_a_look(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guidance, "MANY", 1)
    answer_one_of_two(shop, "ann")
    assert told(shop) is None
    turn(shop)
    with monkeypatch.context() as patch:
        patch.delattr(guidance, "advise")
        found = told(shop)
        assert found is not None
        assert (found.at, len(found.questions)) == (START, 1)
        shop.answer("bob")
        turn(shop)  # new answers, and the same quarter of an hour
        assert told(shop) == found
        shop.clock.forward(KEPT_FOR.total_seconds())
    turn(shop)
    renewed = told(shop)
    assert renewed is not None
    assert renewed.at == shop.clock()
    assert "In 25% of questions" in renewed.questions[0]
    shop.clock.forward(KEPT_FOR.total_seconds())
    turn(shop)
    assert told(shop) == renewed  # of the same answers
    shop.sound()


def test_answers_that_are_no_labels_ask_for_nothing(database: Database) -> None:
    shop = world.make(database, items=1)
    shop.configure(task_type="text")
    assert told(shop) == Told((), None)
