"""What workers meet: pages that give nothing away, and submissions that count once or are kept apart."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from crowd.models import Answer, Message, Skip, Slot, StraySubmission


@pytest.fixture
def asked(ann, pets):
    assert ann.post(f"/projects/{pets}/batches", {"size": 8}).status_code == 201
    return pets


@pytest.fixture
def wim(invite, asked):
    return invite("wim")


def project_of(worker) -> int:
    (project,) = worker.get("/work/projects").get_json()["projects"]
    return project["id"]


def claim(worker):
    return worker.post(f"/work/projects/{project_of(worker)}/claim")


def answers_to(page: dict, label: str = "cat") -> dict:
    return {"answers": {question["name"]: label for question in page["questions"]}}


def submit(worker, page: dict, body: dict | None = None):
    return worker.post(f"/work/pages/{page['token']}/submit", body or answers_to(page))


def counted(database, model) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_a_page_shows_what_it_must_and_no_more(wim):
    page = claim(wim).get_json()
    about = {"title", "instructions", "task_type", "options", "labels", "details"}
    assert page.keys() == about | {"token", "kind", "questions", "lease_until", "lease_seconds"}
    assert (page["kind"], page["task_type"], page["lease_until"]) == (
        "work",
        "choice",
        "2026-01-01T00:15:00+00:00",
    )
    assert [question["name"] for question in page["questions"]] == ["q1", "q2", "q3"]
    assert all(question.keys() == {"name", "payload"} for question in page["questions"])


def test_gold_cannot_be_told_from_ordinary_work(ann, asked, invite, database):
    """Over many pages: the same names, the same shape, every position, and no key of an item anywhere."""
    ann("PATCH", f"/projects/{asked}", json={"gold_share": 0.5})
    keys = {row["item"] for row in ann.get(f"/projects/{asked}/items").get_json()["items"]}
    shapes: dict[bool, set] = {True: set(), False: set()}
    places: dict[bool, set] = {True: set(), False: set()}
    for n in range(12):
        worker = invite(f"w{n}")
        answer = claim(worker)
        if answer.status_code == 204:
            break
        page = answer.get_json()
        assert not [key for key in keys if f'"{key}"' in answer.text]
        with database.read() as session:
            slots = session.scalars(select(Slot).order_by(Slot.id.desc()).limit(len(page["questions"]))).all()
        for slot in slots:
            question = page["questions"][slot.position - 1]
            shapes[slot.gold_id is not None].add((*question, *question["payload"]))
            places[slot.gold_id is not None].add(slot.position)
    assert shapes[True] == shapes[False]
    assert len(places[True]) > 1


def test_claiming_again_gives_the_page_still_held(wim):
    assert claim(wim).data == claim(wim).data


def test_a_second_page_can_be_claimed_ahead_and_is_next(wim):
    project = project_of(wim)
    first = claim(wim).get_json()
    second = wim.post(f"/work/projects/{project}/claim", {"ahead": True}).get_json()
    assert second["token"] != first["token"]
    assert second.keys() == first.keys()
    assert claim(wim).get_json()["token"] == first["token"]
    submit(wim, first)
    assert claim(wim).get_json()["token"] == second["token"]
    answer = wim.post(f"/work/projects/{project}/claim", {"ahead": "yes"})
    assert answer.status_code == 422


def test_simultaneous_claims_of_one_worker_give_one_page(wim, database):
    with ThreadPoolExecutor(6) as pool:
        pages = list(pool.map(lambda _: claim(wim).data, range(6)))
    assert len(set(pages)) == 1
    assert counted(database, Slot) == 3


def test_a_repeated_submission_gets_the_same_receipt(wim, database):
    page = claim(wim).get_json()
    first, second = submit(wim, page), submit(wim, page)
    assert first.status_code == 200
    assert first.data == second.data
    assert first.get_json()["amount"] == "0.15"
    assert (counted(database, Answer), counted(database, StraySubmission)) == (3, 0)


def test_simultaneous_submissions_count_once(wim, database):
    page = claim(wim).get_json()
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: submit(wim, page), range(6)))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.data for reply in replies}) == 1
    assert counted(database, Answer) == 3


def test_other_answers_to_a_page_already_submitted_are_kept_apart(wim, database):
    page = claim(wim).get_json()
    submit(wim, page)
    answer = submit(wim, page, answers_to(page, "dog"))
    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    assert (counted(database, Answer), counted(database, StraySubmission)) == (3, 1)


def test_what_comes_after_the_lease_is_kept_apart(ann, asked, wim, clock, database):
    page = claim(wim).get_json()
    clock.advance(901)
    assert ann.post(f"/projects/{asked}/step").get_json()["expired"] == 1
    answer = submit(wim, page)
    assert answer.status_code == 409
    assert answer.get_json()["type"].endswith("#stale")
    assert (counted(database, Answer), counted(database, StraySubmission)) == (0, 1)


def test_a_late_answer_to_a_page_nobody_took_back_counts(wim, clock):
    page = claim(wim).get_json()
    clock.advance(10_000)
    assert submit(wim, page).status_code == 200


def test_the_page_of_another_worker_cannot_be_submitted(wim, invite, database):
    page = claim(wim).get_json()
    assert submit(invite("kim"), page).status_code == 404
    assert (counted(database, Answer), counted(database, StraySubmission)) == (0, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda answers: {name: answers[name] for name in list(answers)[1:]},
        lambda answers: answers | {"q9": "cat"},
        lambda answers: answers | {"q1": "cow"},
        lambda answers: answers | {"q1": 1},
        lambda answers: {},
    ],
    ids=["one missing", "one too many", "no label", "no text", "none"],
)
def test_wrong_answers_are_refused_whole(wim, database, change):
    page = claim(wim).get_json()
    assert submit(wim, page, {"answers": change(answers_to(page)["answers"])}).status_code == 422
    assert counted(database, Answer) == 0
    assert submit(wim, page).status_code == 200


def test_a_question_can_be_skipped_with_a_reason(wim, database):
    page = claim(wim).get_json()
    body = {"answers": {"q1": "cat", "q3": "dog"}, "skips": {"q2": {"reason": "broken", "note": "black"}}}
    body |= {"notes": {"q1": "a tabby"}, "times": {"q1": 2.5}, "seconds": 4}
    receipt = submit(wim, page, body).get_json()
    assert (receipt["answers"], receipt["skipped"], receipt["amount"]) == (2, 1, "0.10")
    assert submit(wim, page, body).get_json() == receipt
    with database.read() as session:
        skip = session.scalars(select(Skip)).one()
        notes = set(session.scalars(select(Answer.note)))
    assert (skip.reason, skip.note) == ("broken", "black")
    assert notes == {"a tabby", None}


@pytest.mark.parametrize(
    "body",
    [
        {"answers": {"q1": "cat"}, "skips": {"q2": {"reason": "tired"}, "q3": {"reason": "other"}}},
        {"answers": {"q1": "cat", "q2": "cat"}, "skips": {"q3": {}}},
        {"answers": {"q1": "cat", "q2": "cat", "q3": "cat"}, "skips": {"q3": {"reason": "broken"}}},
        {"answers": {"q1": "cat", "q2": "cat", "q3": None}},
        {"answers": {"q1": "cat", "q2": "cat", "q3": "cat"}, "times": {"q1": -1}},
        {"answers": {"q1": "cat", "q2": "cat", "q3": "cat"}, "notes": {"q1": "x" * 2001}},
        {"answers": {"q1": "cat", "q2": "cat", "q3": "cat"}, "item": "i3"},
    ],
)
def test_what_is_no_submission_is_refused_whole(wim, database, body):
    page = claim(wim).get_json()
    assert submit(wim, page, body).status_code == 422
    assert (counted(database, Answer), counted(database, Skip)) == (0, 0)


def test_a_problem_is_reported_to_the_requester(ann, wim, invite, database):
    page = claim(wim).get_json()
    where = f"/work/pages/{page['token']}/report"
    assert wim.post(where, {"question": "q2", "text": " It is black "}).status_code == 204
    assert wim.post(where, {"text": "All of it"}).status_code == 204
    with database.read() as session:
        first, second = session.scalars(select(Message).order_by(Message.id))
    assert (first.text, second.text) == ("Question 2: It is black", "All of it")
    assert first.sender == "worker"
    assert first.assignment_id is not None
    for body in (
        {"question": "q1", "text": " "},
        {"question": "q2"},
        {"question": "i3", "text": "x"},
        {"text": "x" * 2001},
    ):
        assert wim.post(where, body).status_code == 422
    assert invite("kim").post(where, {"text": "not mine"}).status_code == 404
    assert counted(database, Message) == 2


def test_a_page_given_back_is_free_for_others(wim, invite):
    page = claim(wim).get_json()
    answer = wim.post(f"/work/pages/{page['token']}/return")
    assert (answer.status_code, answer.data) == (204, b"")
    assert submit(wim, page).status_code == 409
    assert claim(wim).get_json()["token"] != page["token"]


def test_a_page_can_be_held_longer(wim, clock):
    page = claim(wim).get_json()
    clock.advance(600)
    answer = wim.post(f"/work/pages/{page['token']}/renew")
    assert answer.get_json()["lease_until"] == "2026-01-01T00:25:00+00:00"
    submit(wim, page)
    assert wim.post(f"/work/pages/{page['token']}/renew").status_code == 409


def test_when_there_is_nothing_the_answer_is_empty(invite, pets):
    answer = claim(invite("wim"))
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_restricted_worker_gets_nothing_and_may_come_back(ann, asked, wim):
    submit(wim, claim(wim).get_json())
    project = project_of(wim)
    (known,) = ann.get(f"/projects/{asked}/workers").get_json()["workers"]
    where = f"/projects/{asked}/workers/{known['worker']}/restrictions"
    assert ann.post(where, {"kind": "banned", "reason": "copies"}).status_code == 201
    refused = wim.post(f"/work/projects/{project}/claim")
    assert (refused.status_code, refused.get_json()["title"]) == (403, "the worker is banned")
    assert wim.get("/work/projects").get_json()["projects"] == []
    assert ann("DELETE", where).get_json() == {"lifted": 1}
    assert claim(wim).status_code == 200


def test_a_paused_project_hands_out_nothing_and_takes_what_is_out(ann, asked, wim, invite):
    page, project = claim(wim).get_json(), project_of(wim)
    assert ann.post(f"/projects/{asked}/state", {"state": "paused"}).get_json()["state"] == "paused"
    assert invite("kim").post(f"/work/projects/{project}/claim").status_code == 403
    assert ann.post(f"/projects/{asked}/batches", {}).status_code == 409
    assert submit(wim, page).status_code == 200


def test_a_worker_of_another_requester_sees_nothing(bob, invite, asked, wim):
    stranger = invite("zoe", requester=bob)
    assert stranger.get("/work/projects").get_json()["projects"] == []
    assert stranger.post(f"/work/projects/{project_of(wim)}/claim").status_code == 404


def test_a_second_worker_of_the_same_name_is_refused(ann, wim):
    assert ann.post("/workers", {"name": "wim"}).status_code == 409
