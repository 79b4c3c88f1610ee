"""The entrance quiz: announced, told as a whole, never answer by answer, and work after it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from crowd.models import Assignment
from tests.integration.world import LABELS


@pytest.fixture
def world_options():
    rules = {"questions": 3, "pass_mark": 0.9, "attempts": 2}
    return {"items": 6, "gold": 9, "hit_size": 3, "title": "Reviews", "quiz": rules}


def answer(wim, *, right: bool) -> None:
    """Answer a page of gold: the n-th has the n-th label."""
    for number in (1, 2, 3):
        wim.at(number)
        text = wim.frame.locator(".question:not([hidden])").inner_text()
        found = re.search(r"about g(\d+)", text)
        assert found, text
        label = (int(found[1]) + (not right)) % len(LABELS)
        wim.press(str(label + 1))
    wim.press("Enter")


def test_a_quiz_may_be_failed_once_and_passed_then(wim, site):
    wim.tab.goto(f"{site.url}/work/")
    wim.tab.get_by_role("link", name="Take the quiz of Reviews").click()
    wim.ready()
    wim.told("This is the entrance quiz: 3 questions, not paid.")
    first = wim.token()
    answer(wim, right=False)
    wim.passed(first)
    wim.told("Not passed yet.")
    second = wim.token()
    answer(wim, right=True)
    wim.passed(second)
    wim.told("You passed the quiz. Welcome!")
    assert wim.today() == "0 answers today · $0.00"
    kinds = site.world.rows(select(Assignment.kind).order_by(Assignment.id))
    assert kinds[:3] == ["quiz", "quiz", "work"]


def test_after_the_last_attempt_one_is_told_so(wim, site):
    wim.open()
    for _ in range(2):
        token = wim.token()
        answer(wim, right=False)
        if _ == 0:
            wim.passed(token)
    wim.tab.get_by_role("heading", name="The quiz was not passed").wait_for()
    wim.tab.get_by_role("link", name="Home", exact=True).last.click()
    wim.tab.get_by_text("Nothing is open to you at the moment").wait_for()
