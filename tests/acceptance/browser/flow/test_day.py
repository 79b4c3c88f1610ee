"""A labeler's day, from the invitation to the requester's timesheet."""

from __future__ import annotations

import csv
import re

import pytest
from sqlalchemy import select

from crowd.clock import utc_now
from crowd.models import Message, Skip, Worker
from crowd.services import roster
from crowd.services.access import keys
from crowd.services.people import invitations, messages
from tests.acceptance.browser.flow.labeler import WAIT, Labeler
from tests.integration.world import LABELS


@pytest.fixture(autouse=True)
def patience(context):
    context.set_default_timeout(WAIT)


@pytest.fixture
def world_options():
    rules = {"questions": 3, "pass_mark": 1.0, "attempts": 2}
    return {"items": 30, "gold": 6, "hit_size": 3, "title": "Reviews of phones", "quiz": rules}


def join(tab, site) -> None:
    """Accept an invitation, and choose a name and a password."""
    world = site.world
    _, token = world.do(lambda s, _: invitations.invite(s, world.principal, name="Mia", now=utc_now()))
    tab.goto(f"{site.url}/work/invitations/{token}")
    tab.get_by_label("Name").fill("mia@example.org")
    tab.get_by_label("Password", exact=True).fill("seven quiet otters")
    tab.get_by_label("The same password again").fill("seven quiet otters")
    tab.get_by_role("button", name="Start").click()
    tab.get_by_role("heading", name="What would you like to work on?").wait_for()


def pass_quiz(mia) -> None:
    mia.tab.get_by_role("link", name="Take the quiz of Reviews of phones").click()
    mia.ready()
    token = mia.token()
    for number in (1, 2, 3):
        mia.at(number)
        found = re.search(r"about g(\d+)", mia.frame.locator(".question:not([hidden])").inner_text())
        assert found
        mia.press(str(int(found[1]) % len(LABELS) + 1))
    mia.press("Enter")
    mia.passed(token)
    mia.told("You passed the quiz. Welcome!")


def skip_broken(mia) -> None:
    """Skip the question on screen: there is nothing to see."""
    mia.press("s")
    mia.frame.get_by_role("heading", name="Skip this question").wait_for()
    mia.press("2", "Enter")


def timesheet(context, site) -> list[dict[str, str]]:
    """Return what the requester sees of who worked when."""
    world = site.world
    _, key = world.do(
        lambda s, _: keys.create(s, world.principal, label="desk", scopes=["read"], now=utc_now())
    )
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/csv"}
    answer = context.request.get(f"{site.url}/api/v1/projects/demo/timesheet", headers=headers)
    assert answer.ok, answer.text()
    return list(csv.DictReader(answer.text().splitlines()))


def test_a_labelers_day(context, site):
    world, tab = site.world, context.new_page()
    mia = Labeler(tab, site)
    join(tab, site)
    pass_quiz(mia)
    for page in range(3):
        token = mia.token()
        mia.ahead()
        mia.press("1", "2")
        mia.at(3)
        if page == 1:
            skip_broken(mia)
        else:
            mia.press("3")
        mia.press("Enter")
        mia.passed(token)
    tab.get_by_text("8 answers today · $0.24").wait_for()
    tab.get_by_role("button", name="Stop here").click()
    tab.get_by_role("heading", name="What would you like to work on?").wait_for()

    tab.get_by_role("link", name="Messages").click()
    tab.get_by_label("Write to the requester").fill("One of them is empty.")
    tab.get_by_role("button", name="Send").click()
    tab.get_by_text("You ·").wait_for()

    tab.get_by_role("link", name="Statistics", exact=True).click()
    said = " ".join(tab.locator("main").inner_text().split())
    for part in ("8 answers, 8 today", "$0.24 due", "1 day in a row"):
        assert part in said

    worker = world.rows(select(Worker).where(Worker.name == "Mia"))[0]
    assert [skip.reason for skip in world.rows(select(Skip))] == ["broken"]
    assert [message.text for message in world.rows(select(Message))] == ["One of them is empty."]
    (row,) = timesheet(context, site)
    assert (row["worker"], row["pages"], row["answers"], row["due"]) == (worker.pseudonym, "3", "8", "0.24")
    world.sound()

    tab.get_by_role("button", name="Sign out").click()
    tab.get_by_role("heading", name="Sign in").wait_for()
    tab.get_by_label("Name").fill("mia@example.org")
    tab.get_by_label("Password", exact=True).fill("seven quiet otters")
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("heading", name="What would you like to work on?").wait_for()
    assert mia.faults == []


def test_a_worker_comes_by_a_link_and_reads_what_the_requester_wrote(context, site):
    world, tab = site.world, context.new_page()
    world.configure(quiz=None)
    kim, token = world.do(lambda s, _: roster.invite(s, world.principal, name="Kim", now=utc_now()))

    def write(session, project):
        to = {"requester_id": project.requester_id, "worker": kim, "sender": "requester"}
        messages.send(session, **to, text="Welcome, Kim", now=utc_now())

    world.do(write)
    tab.goto(f"{site.url}/work/enter/{token}")
    tab.get_by_role("button", name="Start working").click()
    tab.get_by_role("link", name="Read it").click()
    tab.get_by_text("Welcome, Kim").wait_for()
    tab.get_by_role("button", name="Mark 1 new as read").click()
    tab.get_by_role("button", name="Mark 1 new as read").wait_for(state="detached")
    tab.get_by_role("link", name="Home", exact=True).click()
    tab.get_by_role("link", name="Start Reviews of phones").click()
    Labeler(tab, site).ready()
