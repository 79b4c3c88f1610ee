"""Every page of labelers passes axe's rules in light and dark, and fits a phone."""

from __future__ import annotations

import pytest

from crowd.clock import utc_now
from crowd.services.access import sessions
from crowd.services.people import messages
from crowd.services.setup import instructions
from crowd.services.setup.instructions import Wording
from tests.acceptance.browser.axe import violations
from tests.acceptance.browser.flow.labeler import WAIT

SIZES = {"light": (1280, 900), "dark": (360, 740)}
PAGES = (
    "/work/",
    "/work/standing",
    "/work/messages",
    "/work/appeals",
    "/work/projects/{}/instructions",
    "/work/projects/{}/leaderboard",
    "/work/projects/999",
    "/work/account",
    "/work/signin",
)


@pytest.fixture
def world_options(world_options):
    return {**world_options, "leaderboard": True}


@pytest.fixture
def lived_in(site):
    """The project after somebody has worked in it, written and been written to."""
    world = site.world
    world.answer("wim")
    world.answer("kim")
    good = {"payload": {"text": "Fine."}, "label": "a", "note": "Plain.", "good": True}
    bad = {"payload": {"stars": 2}, "label": "b", "good": False}
    told = Wording("Read it all.", [good, bad])
    world.do(lambda s, p: instructions.revise(s, world.principal, p, told, now=utc_now()))

    def write(session, project):
        to = {"requester_id": project.requester_id, "worker": world.worker(session, "wim")}
        messages.send(session, **to, sender="requester", text="Welcome", now=utc_now())
        messages.send(session, **to, sender="worker", text="Thanks", project=project, now=utc_now())

    world.do(write)
    return site


@pytest.fixture(params=["dark", pytest.param("light", marks=pytest.mark.slow)])
def tab(browser, lived_in, request):
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=request.param, reduced_motion="reduce"
    )
    world = lived_in.world
    cookie = world.do(lambda s, _: sessions.open_for_worker(s, world.worker(s, "wim"), now=utc_now()))
    context.add_cookies([{"name": "crowd", "value": cookie, "url": lived_in.url}])
    context.set_default_timeout(WAIT)
    yield context.new_page()
    context.close()


def fits(tab) -> bool:
    return bool(tab.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_no_page_has_a_violation_and_all_fit(tab, lived_in):
    for path in PAGES:
        tab.goto(lived_in.url + path.format(lived_in.world.project_id))
        assert (path, violations(tab)) == (path, [])
        assert fits(tab), path


def test_the_labeling_page_has_none_in_any_of_its_states(tab, lived_in):
    tab.goto(f"{lived_in.url}/work/projects/{lived_in.world.project_id}")
    tab.frame_locator("#stage iframe:not(.ahead)").locator("#progress").wait_for()
    assert violations(tab) == []
    assert fits(tab)
    tab.get_by_role("button", name="Instructions").click()
    assert violations(tab) == []
    tab.get_by_role("button", name="Close").click()
    tab.frame_locator("#stage iframe:not(.ahead)").get_by_role("button", name="Report").click()
    tab.get_by_role("button", name="Cancel").wait_for()
    assert violations(tab) == []
    tab.get_by_role("button", name="Cancel").click()
    lived_in.world.configure(state="closed")
    lived_in.world.clock.now = utc_now()
    lived_in.world.expire()
    tab.reload()
    tab.get_by_role("alert").wait_for()
    assert violations(tab) == []


def test_by_keyboard_the_bar_and_the_questions_are_one_round(tab, lived_in):
    """Focus begins in the questions, and tabbing out of them reaches every control of the page."""
    tab.goto(f"{lived_in.url}/work/projects/{lived_in.world.project_id}")
    tab.frame_locator("#stage iframe:not(.ahead)").locator("#progress").wait_for()
    tab.wait_for_function("() => document.activeElement?.tagName === 'IFRAME'")
    reached = set()
    for _ in range(60):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"open-instructions", "stop", "IFRAME"} <= reached


@pytest.mark.parametrize("tab", ["dark"], indirect=True)
def test_a_page_of_questions_can_be_answered_on_a_phone(tab, lived_in):
    tab.goto(f"{lived_in.url}/work/projects/{lived_in.world.project_id}")
    frame = tab.frame_locator("#stage iframe:not(.ahead)")
    for number in (1, 2, 3):
        frame.locator("#progress").get_by_text(f"{number} of 3").wait_for()
        frame.locator(".question:not([hidden]) label").filter(has_text="b").first.click()
    frame.get_by_role("button", name="Hand in").click()
    tab.get_by_text("3 answers today").wait_for()
