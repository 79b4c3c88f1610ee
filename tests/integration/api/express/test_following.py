"""A page is handed in and the next one claimed in one call: both, or the first alone, and never more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crowd.models import Answer, Assignment, Slot
from tests.integration.api.express.calls import HIT_SIZE, STORING, answers, claim, count, sound

BOTH = ("UPDATE item SET open = open - 1", "WITH taken AS")  # the general way has accepted, and holds
LEFT = 8 - 2 * HIT_SIZE


def hand_in(worker, page, **body):
    return worker.post(f"/work/pages/{page['token']}/submit", answers(page) | {"next": True} | body)


def receipt(reply) -> dict:
    return {name: value for name, value in reply.get_json().items() if name != "next"}


def held(database) -> int:
    return count(database, Assignment, Assignment.work == "assigned")


def test_the_next_page_comes_with_the_receipt_in_one_call(project, invite, way, database):
    wim = invite("wim")
    first = claim(wim, project).get_json()
    reply = hand_in(wim, first)
    assert (reply.status_code, reply.content_type) == (200, "application/json")
    told = reply.get_json()
    assert list(told) == ["token", "answers", "skipped", "amount", "submitted_at", "lessons", "next"]
    assert (told["token"], told["answers"], told["amount"]) == (first["token"], HIT_SIZE, "0.15")
    assert way == [True, True]
    assert claim(wim, project).get_json() == told["next"]
    assert told["next"]["token"] != first["token"]
    assert (count(database, Answer), held(database)) == (HIT_SIZE, 1)
    sound(database)


def test_a_submission_that_does_not_ask_for_it_claims_nothing(project, invite, database):
    wim = invite("wim")
    reply = hand_in(wim, claim(wim, project).get_json(), next=False)
    assert "next" not in reply.get_json()
    assert held(database) == 0


def test_the_same_again_gets_the_same_receipt_and_the_same_page(project, invite, way, database):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    first, again = hand_in(wim, page), hand_in(wim, page)
    assert first.get_json() == again.get_json()
    assert way == [True, True, False]
    assert (count(database, Answer), held(database)) == (HIT_SIZE, 1)
    hand_in(wim, first.get_json()["next"], next=False)
    assert receipt(hand_in(wim, page)) == receipt(first)  # however much later
    sound(database)


def test_both_ways_give_the_same(project, invite, way, database):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    where = f"/work/pages/{page['token']}/submit?general=1"
    reply = wim.post(where, answers(page) | {"next": True})
    assert way == [True]
    assert (reply.status_code, list(reply.get_json())[-1]) == (200, "next")
    assert reply.get_json()["next"] == claim(wim, project).get_json()
    sound(database)


def test_a_page_fetched_ahead_is_the_next(project, invite, database):
    wim = invite("wim")
    first, ahead = claim(wim, project).get_json(), claim(wim, project, ahead=True).get_json()
    following = hand_in(wim, first).get_json()["next"]
    assert following["token"] == ahead["token"]
    assert count(database, Assignment, Assignment.ahead) == 0
    assert held(database) == 1


def test_where_less_than_a_page_is_left_the_submission_stands_alone(project, invite, way, database):
    wim = invite("wim")
    second = hand_in(wim, claim(wim, project).get_json()).get_json()["next"]
    reply = hand_in(wim, second)
    assert (reply.status_code, reply.get_json()["next"]) == (200, None)
    assert way == [True] * 3
    assert (count(database, Answer), held(database)) == (2 * HIT_SIZE, 0)
    last = claim(wim, project).get_json()
    assert len(last["questions"]) == LEFT
    assert hand_in(wim, last).get_json()["next"] is None  # nothing at all
    assert count(database, Slot, Slot.state == "leased") == 0
    sound(database)


def pause(ann, _pets):
    assert ann.post("/projects/pets/state", {"state": "paused"}).status_code == 200


def cap(ann, _pets):
    assert ann("PATCH", "/projects/pets", json={"worker_cap": HIT_SIZE}).status_code == 200


def qualify(ann, _pets):
    rules = {"qualifications": "skill german >= 0.8"}
    assert ann("PATCH", "/projects/pets", json=rules).status_code == 200


def ban(ann, _pets):
    (known,) = [each for each in ann.get("/workers").get_json()["workers"] if each["name"] == "wim"]
    body = {"kind": "banned", "reason": "copies"}
    reply = ann.post(f"/workers/{known['worker']}/restrictions", body)
    assert reply.status_code == 201, reply.text


@pytest.mark.parametrize("forbid", [pause, cap, qualify, ban])
def test_a_claim_that_is_refused_leaves_the_submission_standing(project, ann, pets, invite, database, forbid):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    forbid(ann, pets)
    reply = hand_in(wim, page)
    assert (reply.status_code, reply.get_json()["next"]) == (200, None)
    assert (count(database, Answer), held(database)) == (HIT_SIZE, 0)
    assert claim(wim, project).status_code == 403  # in the one wording of it
    assert hand_in(wim, page).get_json() == reply.get_json()
    sound(database)


TRUTH = {"picture 0": "cat", "picture 1": "dog"}  # of the gold


def examine(ann, pets, attempts: int) -> None:
    rules = {"quiz": {"questions": 1, "pass_mark": 0.5, "attempts": attempts}}
    assert ann("PATCH", f"/projects/{pets}", json=rules).status_code == 200


def sit(worker, quiz, *, right: bool):
    """Hand in a quiz of one question, and ask for what is next."""
    assert quiz["kind"] == "quiz"
    ((text, label),) = [
        (each["payload"]["text"], TRUTH[each["payload"]["text"]]) for each in quiz["questions"]
    ]
    return hand_in(worker, quiz, **answers(quiz, label if right else TRUTH[f"picture {1 - int(text[-1])}"]))


def test_who_has_to_pass_a_quiz_is_given_it_next_and_then_work(project, ann, pets, invite, way, database):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    examine(ann, pets, attempts=2)
    first = hand_in(wim, page).get_json()["next"]
    second = sit(wim, first, right=False).get_json()["next"]
    assert second["questions"] != first["questions"]
    work = sit(wim, second, right=True).get_json()["next"]
    assert (work["kind"], len(work["questions"])) == ("work", HIT_SIZE)
    assert way == [True, False, False, False]
    assert held(database) == 1
    sound(database)


def test_who_has_failed_the_quiz_is_given_nothing_next(project, ann, pets, invite, database):
    examine(ann, pets, attempts=1)
    wim = invite("wim")
    reply = sit(wim, claim(wim, project).get_json(), right=False)
    assert (reply.status_code, reply.get_json()["next"]) == (200, None)
    assert claim(wim, project).status_code == 403
    assert held(database) == 0
    sound(database)


@pytest.mark.parametrize("general", ["", "?general=1"])
def test_gold_without_money_left_for_it_is_not_on_the_next_page(
    project, ann, pets, invite, way, database, monkeypatch, general
):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    monkeypatch.setattr("crowd.services.pack.gold_count", lambda *_: 1)
    budget = ann.get(f"/projects/{pets}/overview").get_json()
    assert ann("PUT", f"/projects/{pets}/budget", json={"cap": budget["held"]}).status_code == 200
    reply = wim.post(f"/work/pages/{page['token']}/submit{general}", answers(page) | {"next": True})
    following = reply.get_json()["next"]
    # The express way goes to its end and leaves it to a claim, which does without.
    assert (following is None, way) == ((False, [True]) if general else (True, [True, True]))
    following = claim(wim, project).get_json()
    assert len(following["questions"]) == HIT_SIZE
    assert count(database, Slot, Slot.gold_id.is_not(None)) == 0
    sound(database)


@pytest.mark.parametrize("body", [{"answers": {"q1": "cow"}}, {"next": "yes"}, {"skips": {"q1": {}}}])
def test_what_is_no_submission_claims_nothing(project, invite, database, body):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    assert hand_in(wim, page, **body).status_code == 422
    assert (count(database, Answer), held(database)) == (0, 1)
    assert claim(wim, project).get_json()["token"] == page["token"]


def test_what_contradicts_an_earlier_submission_claims_nothing(project, invite, database):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    hand_in(wim, page, next=False)
    reply = hand_in(wim, page, **answers(page, "dog"))
    assert (reply.status_code, held(database)) == (409, 0)


def test_a_page_with_skips_is_followed_too(project, invite, database):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    said = {"answers": {"q2": "cat", "q3": "dog"}, "skips": {"q1": {"reason": "cannot_tell"}}}
    reply = hand_in(wim, page, **said)
    assert (reply.status_code, reply.get_json()["skipped"]) == (200, 1)
    assert reply.get_json()["next"]["token"] == claim(wim, project).get_json()["token"]
    assert held(database) == 1


@pytest.mark.parametrize("moment", [STORING, BOTH])
def test_the_same_call_twice_at_once_counts_once_and_claims_once(
    project, invite, meanwhile, database, moment
):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    general = moment is BOTH
    where = f"/work/pages/{page['token']}/submit{'?general=1' if general else ''}"
    body = answers(page) | {"next": True}
    with meanwhile(moment, lambda: hand_in(wim, page).get_json()) as other:
        reply = wim.post(where, body)
    assert reply.status_code == 200, reply.text
    assert other.done() == reply.get_json()
    assert (count(database, Answer), held(database)) == (HIT_SIZE, 1)
    sound(database)


def test_two_who_hand_in_at_once_never_hold_the_same_place(project, invite, meanwhile, database):
    wim, kim = invite("wim"), invite("kim")
    mine, theirs = claim(wim, project).get_json(), claim(kim, project).get_json()
    with meanwhile(STORING, lambda: hand_in(kim, theirs)) as other:
        reply = hand_in(wim, mine)
    assert {reply.status_code, other.done().status_code} == {200}
    assert count(database, Answer) == 2 * HIT_SIZE
    sound(database)


def test_a_page_that_expires_at_that_moment_is_kept_apart_and_none_is_claimed(
    project, invite, database, clock
):
    from crowd.services import assign

    wim = invite("wim")
    page = claim(wim, project).get_json()
    clock.advance(10**6)
    assert database.transact(lambda session: assign.sweep(session, now=clock())) == 1
    reply = hand_in(wim, page)
    assert (reply.status_code, held(database), count(database, Answer)) == (409, 0, 0)
    sound(database)


class TestLimit:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, submits_per_minute=1)

    def test_a_page_too_many_is_refused_and_no_other_is_claimed(self, project, invite, way, database, clock):
        wim = invite("wim")
        second = hand_in(wim, claim(wim, project).get_json()).get_json()["next"]
        assert way == [True, True]
        assert hand_in(wim, second).status_code == 429
        assert (count(database, Answer), held(database)) == (HIT_SIZE, 1)
        clock.advance(60)
        assert hand_in(wim, second).status_code == 200
        sound(database)
