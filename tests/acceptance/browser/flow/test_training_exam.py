"""Training and exam at the labeling page: the one tells what is right, the other looks like any work."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from crowd.clock import utc_now
from crowd.models import Assignment, Restriction, Slot
from crowd.services import grade, intake
from crowd.services.trust import exam
from crowd.tables.gold import GoldRow
from tests.integration import world as worlds
from tests.integration.world import LABELS, START

SIZE = 5


@pytest.fixture
def world_options():
    return {"items": 12, "gold": 12, "hit_size": SIZE, "title": "Reviews"}


def answer(wim) -> None:
    """Answer a page of gold rightly: the n-th has the n-th label."""
    for number in range(1, SIZE + 1):
        wim.frame.locator("#progress").get_by_text(f"{number} of {SIZE}").wait_for()
        text = wim.frame.locator(".question:not([hidden])").inner_text()
        found = re.search(r"about g(\d+)", text)
        assert found, text
        wim.press(str(int(found[1]) % len(LABELS) + 1))
    wim.press("Enter")


def test_beginners_are_told_what_is_right_and_why_and_work_then(wim, site):
    def teach(session, project):
        intake.add_items(session, project, worlds.item_rows(["t1", "t2"]), now=START)
        first = GoldRow("t1", "a", "gold", {}, "training", "An a has a bow.")
        second = GoldRow("t2", "b", "gold", {}, "training")
        intake.add_gold(session, project, [first, second], source="test", now=START)

    site.world.do(teach)
    wim.open()
    wim.told("You begin with a few training questions, not paid.")
    for key, said in (("2", "Not quite. Right is: a. An a has a bow."), ("2", "Right: b.")):
        token = wim.token()
        wim.press(key, "Enter")
        wim.told(said)
        wim.passed(token)
    kinds = site.world.rows(select(Assignment.kind).order_by(Assignment.id))
    assert kinds[:3] == ["training", "training", "work"]
    assert wim.today() == "0 answers today · $0.00"


def test_an_exam_looks_like_work_and_work_goes_on_once_it_is_passed(wim, site):
    def suspend(session, project):
        person = site.world.worker(session, "wim")
        exam.begin(session, project, person, reason="test", facts={}, actor="test", now=START)

    site.world.do(suspend)
    wim.open()
    token = wim.token()
    answer(wim)
    wim.passed(token)
    answer(wim)
    wim.tab.get_by_role("heading", name="Nothing left for now").wait_for()
    assert site.world.count(Slot, Slot.gold_id.is_(None)) == 0
    assert site.world.count(Slot) == exam.EXAM == 2 * SIZE
    site.world.do(lambda s, p: grade.grade(s, p, now=utc_now()))
    [held] = site.world.rows(select(Restriction))
    assert held.facts["exam"]["outcome"] == "passed"
    wim.open()
    assert site.world.count(Slot, Slot.gold_id.is_(None)) >= SIZE
