"""How long a page is held: shown, prolonged while somebody works, and a graceful end when nobody does."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from crowd.clock import utc_now
from crowd.models import Answer, Assignment

LEASE = 600


@pytest.fixture
def sitting(wim):
    """A worker on a page, whose browser's clock stands until it is moved."""
    wim.tab.clock.install(time=0)
    wim.tab.clock.pause_at(1)
    wim.open()
    return wim


def later(wim, seconds: int) -> None:
    wim.tab.clock.fast_forward(seconds * 1000)


def left(wim) -> int:
    minutes, seconds = wim.tab.locator("#lease").inner_text().removesuffix(" left").split(":")
    return int(minutes) * 60 + int(seconds)


def lease_until(site):
    return site.world.rows(select(Assignment.lease_until).order_by(Assignment.id))[0]


def test_the_time_left_is_shown_and_told_twice_before_it_is_up(sitting):
    assert LEASE - 20 < left(sitting) <= LEASE
    later(sitting, 300)
    assert 270 < left(sitting) <= 300
    assert sitting.tab.locator("#say").inner_text() == ""
    later(sitting, 190)
    sitting.tab.locator("#say").get_by_text("2 minutes left for this page.").wait_for()
    assert "soon" in str(sitting.tab.locator("#lease").get_attribute("class"))
    later(sitting, 85)
    sitting.tab.locator("#say").get_by_text("seconds left for this page.").wait_for()
    assert "last" in str(sitting.tab.locator("#lease").get_attribute("class"))


def test_work_prolongs_the_time(sitting, site):
    began = lease_until(site)
    later(sitting, 200)
    assert left(sitting) <= LEASE - 200
    with sitting.tab.expect_response("**/renew"):
        sitting.press("1")
    sitting.tab.get_by_text(re.compile(r"^(10:00|9:\d\d) left$")).wait_for()
    assert lease_until(site) > began


def test_without_work_nothing_is_prolonged(sitting, site):
    began = lease_until(site)
    for _ in range(3):
        later(sitting, 180)
    assert lease_until(site) == began


def test_at_the_end_one_is_asked_and_can_go_on(sitting, site):
    token = sitting.token()
    sitting.press("1")
    sitting.at(2)
    sitting.kept(1)
    later(sitting, LEASE + 1)
    sitting.tab.get_by_role("heading", name="Are you still there?").wait_for()
    sitting.frame.get_by_text("The time for this page is up.").wait_for()
    sitting.tab.get_by_role("button", name="Go on with this page").click()
    sitting.at(2)
    assert sitting.token() == token
    sitting.ready()
    sitting.press("2", "3", "Enter")
    sitting.tab.get_by_text("3 answers today").wait_for()
    assert site.world.count(Answer) == 3


def test_at_the_end_one_can_also_stop(sitting, site):
    later(sitting, LEASE + 1)
    sitting.tab.get_by_role("dialog").get_by_role("button", name="Stop here").click()
    sitting.tab.get_by_role("heading", name="What would you like to work on?").wait_for()
    assert "assigned" not in site.world.rows(select(Assignment.work))


def test_a_page_that_was_taken_back_makes_room_for_a_new_one(sitting, site):
    token = sitting.token()
    later(sitting, LEASE + 1)
    site.world.clock.now = utc_now()
    site.world.expire()
    sitting.tab.get_by_role("button", name="Go on with this page").click()
    sitting.told("its questions have gone to others")
    sitting.passed(token)


def test_a_page_that_ended_elsewhere_is_not_waited_for(wim, site):
    """The questions of a page that another request ended do not load; one can try again, and gets another."""
    wim.tab.route("**/frame", lambda route: route.fulfill(status=409, body="gone", content_type="text/html"))
    wim.tab.goto(f"{site.url}/work/projects/{site.world.project_id}")
    wim.tab.get_by_role("heading", name="The questions do not load").wait_for()
    wim.tab.unroute("**/frame")
    wim.tab.get_by_role("button", name="Try again").click()
    wim.ready()


def test_a_page_that_is_still_on_its_way_is_given_back_too(wim, site):
    held = []

    def hold(route):
        is_ahead = (route.request.post_data_json or {}).get("ahead")
        held.append((route, route.fetch())) if is_ahead else route.continue_()

    wim.tab.route("**/claim", hold)
    wim.open()
    while not held:
        wim.tab.wait_for_timeout(20)
    ((route, claimed),) = held
    with wim.tab.expect_response("**/return"):
        wim.tab.locator("#stop").click()
    wim.tab.wait_for_timeout(300)  # by now it would be on its way home
    route.fulfill(response=claimed)
    wim.tab.get_by_role("heading", name="What would you like to work on?").wait_for()
    assert site.world.rows(select(Assignment.work)) == ["returned", "returned"]
