"""The pages of labelers: what is open, what is asked, how one stands, and whom one writes to."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from crowd.models import Assignment, Message
from crowd.services import roster
from crowd.services.people import messages
from crowd.services.setup import instructions
from crowd.services.setup.instructions import Wording
from tests.integration import world as worlds
from tests.integration.browsing import Browser

PATHS = ("/work/", "/work/standing", "/work/messages", "/work/projects/{}", "/work/projects/{}/instructions")


def words(browser: Browser, path: str) -> str:
    """Return what a page says, without its marks."""
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]).split())


def tell(world, wording: Wording) -> None:
    world.do(lambda s, p: instructions.revise(s, world.principal, p, wording, now=world.clock()))


@pytest.mark.parametrize("path", PATHS)
def test_a_page_sends_strangers_to_sign_in_and_back(app, world, path):
    path = path.format(world.project_id)
    answer = Browser(app).get(path)
    assert (answer.status_code, answer.location) == (303, f"/work/signin?next={path}")


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_whole_and_runs_no_script_but_ours(wim, world, path):
    answer = wim.get(path.format(world.project_id))
    assert answer.status_code == 200, answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script(?![^>]* src=)|<[^>]+ (style|on\w+)=", answer.text)
    assert "://" not in answer.text.replace("http://localhost/", "")
    assert answer.text.count("<h1") == 1


def test_home_shows_pay_time_and_what_waits(wim, world):
    said = words(wim, "/work/")
    assert "Reviews" in said
    assert "$0.09 a page ($0.03 an answer)" in said
    assert "6 waiting" in said
    assert "Start" in said
    assert "about" not in said


def test_home_says_how_one_is_paid(wim, world):
    world.configure(hourly_micros=12_000_000)
    assert "$12.00 an hour, up to $0.03 an answer" in words(wim, "/work/")
    world.configure(hourly_micros=None, price_micros=0)
    assert "unpaid" in words(wim, "/work/")


def test_a_page_begun_can_be_gone_on_with(wim, world):
    world.page("wim")
    said = words(wim, "/work/")
    assert "Page begun" in said
    assert "Continue" in said


def test_home_counts_today(wim, world):
    world.answer("wim")
    assert "Today: 3 answers in" in words(wim, "/work/")
    assert "$0.09 earned" in words(wim, "/work/")


def test_where_nothing_is_open_home_says_so(wim, world):
    world.configure(state="closed")
    assert "Nothing is open to you at the moment" in words(wim, "/work/")


def test_instructions_show_text_labels_examples_and_counter_examples(wim, world):
    examples = [
        {"payload": {"text": "Great <b>phone</b>"}, "label": "a", "note": "clear", "good": True},
        {"payload": {"image": "https://example.org/cat.png"}, "label": "b", "good": False},
        {"payload": {"image": "javascript:alert(1)", "stars": 5}, "label": "c"},
    ]
    tell(world, Wording("Read it\nall.", examples))
    answer = wim.get(f"/work/projects/{world.project_id}/instructions")
    assert "Great &lt;b&gt;phone&lt;/b&gt;" in answer.text
    assert 'src="https://example.org/cat.png"' in answer.text
    assert 'src="javascript' not in answer.text
    said = words(wim, f"/work/projects/{world.project_id}/instructions")
    for part in ("Read it all.", "✓ Like this", "✗ Not like this", "Wrong: b", "stars 5"):
        assert part in said
    assert "version 2" in said
    assert "img-src 'self' https: data:" in answer.headers["Content-Security-Policy"]


def test_the_labeling_page_carries_what_its_script_needs_and_the_instructions(wim, world):
    tell(world, Wording("Look twice."))
    world.answer("wim")
    answer = wim.get(f"/work/projects/{world.project_id}")
    assert f'data-project="{world.project_id}"' in answer.text
    assert 'data-answers="3"' in answer.text
    assert 'data-micros="90000"' in answer.text
    assert "Look twice." in answer.text
    assert "Labeling needs JavaScript" in answer.text
    assert world.rows(select(Assignment.work)) == ["submitted"]


def test_nothing_of_a_foreign_or_closed_project_is_shown(wim, world, database):
    other = worlds.make(database, slug="other", requester="zoe", title="Secret")
    for path in ("/work/projects/{}", "/work/projects/{}/instructions", "/work/projects/{}/leaderboard"):
        foreign, absent = (wim.get(path.format(number)) for number in (other.project_id, 999))
        assert foreign.status_code == absent.status_code == 404
        assert foreign.text == absent.text.replace("project 999", f"project {other.project_id}")
    world.configure(state="closed")
    assert wim.get(f"/work/projects/{world.project_id}").status_code == 403


def test_a_banned_worker_reads_why_nothing_is_there(wim, world):
    def ban(session, project):
        worker, now = world.worker(session, "wim"), world.clock()
        roster.restrict(
            session, worker, project=project, kind="banned", reason="copies", facts={}, actor="test", now=now
        )

    world.do(ban)
    answer = wim.get(f"/work/projects/{world.project_id}")
    assert answer.status_code == 403
    assert "not open to you" in answer.text
    assert "copies" not in answer.text


def test_statistics_show_days_projects_and_money(wim, world):
    assert "Nothing yet" in words(wim, "/work/standing")
    world.answer("wim")
    said = words(wim, "/work/standing")
    for part in (
        "3 answers, 3 today",
        "$0.09 due",
        "1 day in a row",
        "Reviews",
        "Thu 1 Jan 2026",
        "not known yet",
    ):
        assert part in said


def test_a_leaderboard_is_there_only_where_the_project_keeps_one(wim, sign_in, world):
    path = f"/work/projects/{world.project_id}/leaderboard"
    assert wim.get(path).status_code == 404
    world.configure(leaderboard=True)
    assert "The first place is free" in words(wim, path)
    world.answer("kim")
    said = words(wim, path)
    assert "kim" not in said
    assert " you " not in said
    assert " you " in words(sign_in("kim"), f"{path}?by=quality")
    assert wim.get(f"{path}?by=nonsense").status_code == 200
    assert "Leaderboard" in words(wim, "/work/")


def test_messages_go_both_ways(wim, world, database):
    def write(session, project):
        messages.send(
            session,
            requester_id=project.requester_id,
            worker=world.worker(session, "wim"),
            sender="requester",
            text="Thank <you>",
            project=project,
            now=world.clock(),
        )

    world.do(write)
    assert "You have 1 new message" in words(wim, "/work/")
    said = words(wim, "/work/messages")
    assert "The requester, about Reviews · 1 Jan 2026, 00:00 new Thank &lt;you&gt;" in said
    assert "new" in words(wim, "/work/messages"), "looking changes nothing"
    answer = wim.fill("/work/messages", text="  My pleasure ")
    assert (answer.status_code, answer.location) == (303, "/work/messages")
    newest, first = messages_of(world)
    assert (newest.sender, newest.text, newest.project_id) == ("worker", "My pleasure", None)
    assert first.read_at is not None
    assert "new message" not in words(wim, "/work/")


def messages_of(world) -> list[Message]:
    return world.rows(select(Message).order_by(Message.id.desc()))


def test_messages_can_be_marked_read_without_an_answer(wim, world):
    test = {"requester_id": 1, "sender": "requester", "text": "Hello"}
    world.do(lambda s, _: messages.send(s, worker=world.worker(s, "wim"), **test, now=world.clock()))
    wim.fill("/work/messages", do="read")
    (message,) = messages_of(world)
    assert message.read_at == world.clock()


def test_an_empty_message_is_refused_and_what_was_written_stays(wim, world):
    answer = wim.fill("/work/messages", text=" ")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    long = wim.fill("/work/messages", text="x" * 4001)
    assert long.status_code == 422
    assert "x" * 4001 in long.text
    assert messages_of(world) == []


def test_a_message_needs_the_token_of_a_page_of_ours(wim, world):
    assert wim.send("/work/messages", text="hello").status_code == 403
    assert wim.send("/work/messages", origin="http://evil.test", text="hello").status_code == 403
    assert messages_of(world) == []


def test_nobody_reads_the_messages_of_another(wim, sign_in, world):
    wim.fill("/work/messages", text="between us")
    assert "between us" not in words(sign_in("kim"), "/work/messages")
