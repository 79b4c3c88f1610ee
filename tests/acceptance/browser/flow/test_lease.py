"""How long a page is held: shown, prolonged while somebody works, and a graceful end when nobody does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crowd.models import Answer, Assignment


@pytest.fixture
def world_options():
    return {"items": 30, "hit_size": 3, "title": "Reviews of phones", "lease_seconds": 10}


def left(wim) -> int:
    minutes, seconds = wim.tab.locator("#lease").inner_text().removesuffix(" left").split(":")
    return int(minutes) * 60 + int(seconds)


def test_the_time_left_is_shown_and_work_prolongs_it(wim, site):
    wim.open()
    assert left(wim) <= 10
    began = site.world.rows(select(Assignment.lease_until).order_by(Assignment.id))[0]
    for _ in range(7):
        wim.press("ArrowDown")
        wim.tab.wait_for_timeout(1000)
    assert left(wim) >= 4
    assert site.world.rows(select(Assignment.lease_until).order_by(Assignment.id))[0] > began
    assert wim.tab.locator("#asking").is_hidden()


def test_at_the_end_one_is_asked_and_can_go_on(wim, site):
    wim.open()
    token = wim.token()
    wim.press("1")
    wim.at(2)
    wim.tab.get_by_role("heading", name="Are you still there?").wait_for(timeout=20_000)
    wim.tab.get_by_role("button", name="Go on with this page").click()
    wim.at(2)
    assert wim.token() == token
    wim.ready()
    wim.press("2", "3", "Enter")
    wim.tab.get_by_text("3 answers today").wait_for()
    assert site.world.count(Answer) == 3


def test_a_page_that_was_taken_back_makes_room_for_a_new_one(wim, site):
    wim.open()
    token = wim.token()
    wim.tab.get_by_role("heading", name="Are you still there?").wait_for(timeout=20_000)
    site.world.clock.now = site.world.rows(select(Assignment.lease_until))[0]
    site.world.expire()
    wim.tab.get_by_role("button", name="Go on with this page").click()
    wim.told("its questions have gone to others")
    wim.ready()
    assert wim.token() != token
