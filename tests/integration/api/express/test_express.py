"""The express way does what the general way does, only with less ado; and nothing slips past it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text

from crowd.db import Database
from crowd.models import Answer, Assignment, Attempts, Budget, Item, Project, Slot, Worker
from crowd.services.access import sessions
from crowd.services.trust import standings
from tests.integration.api.express.calls import (
    HIT_SIZE,
    HOLDING,
    STORING,
    claim,
    count,
    sound,
    submit,
)
from tests.integration.conftest import OTHERS


def test_an_ordinary_page_goes_the_express_way_and_is_the_same_when_it_is_given_again(
    project, invite, way, database
):
    wim = invite("wim")
    first = claim(wim, project)
    again = claim(wim, project)
    assert (first.status_code, first.data) == (200, again.data)
    receipt = submit(wim, first.get_json())
    repeated = submit(wim, first.get_json())
    assert (receipt.status_code, receipt.data) == (200, repeated.data)
    assert way == [True, False, True, False]
    assert count(database, Answer) == HIT_SIZE
    sound(database)


def test_a_claim_of_the_general_way_is_not_in_the_way_of_an_express_one(project, invite, meanwhile, database):
    wim = invite("wim")
    general = f"/work/projects/{project}/claim?general=1"
    with meanwhile(
        ("UPDATE item SET open = open - 1", "WITH taken AS"), lambda: claim(wim, project)
    ) as other:
        page = wim.post(general, {})
    assert (page.status_code, page.data) == (200, other.done().data)
    assert count(database, Assignment, Assignment.work == "assigned") == 1
    sound(database)


def test_what_changed_meanwhile_is_read_and_the_claim_goes_it_all_the_same(project, ann, pets, invite, way):
    wim = invite("wim")
    assert ann("PATCH", f"/projects/{pets}", json={"lease_seconds": 1234}).status_code == 200
    assert claim(wim, project).get_json()["lease_seconds"] == 1234
    assert way == [True]


def test_a_page_ahead_goes_it_too(project, invite, way, database):
    wim = invite("wim")
    first, second = claim(wim, project).get_json(), claim(wim, project, ahead=True).get_json()
    assert first["token"] != second["token"]
    assert claim(wim, project, ahead=True).get_json()["token"] == second["token"]
    assert way == [True, True, False]
    assert count(database, Assignment, Assignment.ahead) == 1
    sound(database)


def test_a_session_goes_it_only_from_our_own_page(project, ann, app, database, clock, invite, way):
    invite("wim")

    def sign_in(session):
        from crowd.models import Worker

        worker = session.scalars(select(Worker).where(Worker.name == "wim")).one()
        cookie = sessions.open_for_worker(session, worker, now=clock())
        return cookie, sessions.visitor(session, cookie, now=clock()).csrf

    cookie, csrf = database.transact(sign_in)
    client, where = app.test_client(), f"/api/v1/work/projects/{project}/claim"
    client.set_cookie("crowd", cookie)
    ours = {"Origin": "http://localhost", "X-CSRF-Token": csrf}
    for name, value in (("Origin", "http://evil.example"), ("X-CSRF-Token", "0" * 64)):
        assert client.post(where, json={}, headers=ours | {name: value}).status_code == 403
    assert way == []
    assert client.post(where, json={}, headers=ours).status_code == 200
    database.transact(lambda s: sessions.close(s, cookie, now=clock()))
    assert client.post(where, json={"ahead": True}, headers=ours).status_code == 401
    assert way == [True, False]


def test_who_was_banned_or_whose_token_was_replaced_by_none_is_stopped_at_once(
    project, ann, pets, invite, way
):
    wim = invite("wim")
    submit(wim, claim(wim, project).get_json())
    (known,) = [
        each for each in ann.get(f"/projects/{pets}/workers").get_json()["workers"] if each["answers"]
    ]
    where = f"/projects/{pets}/workers/{known['worker']}/restrictions"
    assert ann.post(where, {"kind": "banned", "reason": "copies"}).status_code == 201
    assert claim(wim, project).status_code == 403
    forged = type(wim)(wim.app, wim.token[:-1] + ("x" if wim.token[-1] != "x" else "y"))
    assert claim(forged, project).status_code == 401
    assert way == [True, True, False, False]


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        ({"worker_cap": 1}, 200),
        ({"qualifications": "skill german >= 0.8"}, 403),
        ({"gold_share": 0.5}, 200),
    ],
)
def test_what_a_project_asks_of_its_workers_is_asked_as_ever(
    project, ann, pets, invite, database, rules, status
):
    changed = ann("PATCH", f"/projects/{pets}", json=rules)
    assert changed.status_code == 200, changed.text
    wim = invite("wim")
    for _ in range(2):
        answer = claim(wim, project)
        assert answer.status_code == status
        if status == 200:
            assert len(answer.get_json()["questions"]) <= rules.get("worker_cap", HIT_SIZE)
    sound(database)


def stand(database, name, **values) -> None:
    """Write down where a worker stands."""

    def write(session):
        worker = session.scalars(select(Worker).where(Worker.name == name)).one()
        standings.note(session, session.scalars(select(Project.id)).one(), worker.id, answers=50, **values)

    database.transact(write)


def test_a_policy_of_gold_holds_for_it_too(project, ann, pets, invite, database, way, monkeypatch):
    """The share drawn with is the policy's for who is new, and then the one their standing says."""
    drawn_with: list[float] = []

    def count_gold(questions: int, share: float, _rng: Any) -> int:
        drawn_with.append(share)
        return round(questions * share)

    monkeypatch.setattr("crowd.services.pack.gold_count", count_gold)
    policy = {"share": 0.4, "first": 20, "then": 0.05, "proven": 0.01}
    assert ann("PATCH", f"/projects/{pets}", json={"gold_policy": policy}).status_code == 200
    claim(invite("prime"), project)  # the terms are new
    new, known = invite("new"), invite("known")
    stand(database, "known", gold_share=0.01)
    del way[:], drawn_with[:]
    for worker in (new, known):
        assert len(claim(worker, project).get_json()["questions"]) == HIT_SIZE
    assert (way, drawn_with) == ([True, True], [0.4, 0.01])
    assert count(database, Slot, Slot.gold_id.is_not(None), *_held_by("new")) == 1
    assert count(database, Slot, Slot.gold_id.is_not(None), *_held_by("known")) == 0
    sound(database)


def _held_by(name: str) -> tuple[Any, ...]:
    return (Slot.worker_id == select(Worker.id).where(Worker.name == name).scalar_subquery(),)


def test_routing_gives_the_proven_the_best_and_others_what_is_left(project, ann, pets, invite, database, way):
    assert ann("PATCH", f"/projects/{pets}", json={"routing": True}).status_code == 200
    prime = invite("prime")
    page = claim(prime, project).get_json()  # the terms are new
    assert prime.post(f"/work/pages/{page['token']}/return").status_code == 204
    best, other = invite("best"), invite("other")
    stand(database, "best", gold_share=0.0, proven=True)
    del way[:]
    assert {claim(other, project).status_code, claim(best, project).status_code} == {200}
    assert way == [True, True]
    ranks = {name: _ranks(database, name) for name in ("best", "other")}
    assert max(ranks["best"]) < min(ranks["other"])
    sound(database)


def _ranks(database: Database, name: str) -> list[float]:
    with database.read() as session:
        query = select(Item.rank).join(Slot, Slot.item_id == Item.id).where(*_held_by(name))
        return list(session.scalars(query))


def test_a_paused_project_gives_nothing(project, ann, pets, invite):
    assert ann.post(f"/projects/{pets}/state", {"state": "paused"}).status_code == 200
    assert claim(invite("wim"), project).status_code == 403


def test_every_page_is_paid_for_and_gold_too(project, ann, pets, invite, database, way):
    assert ann("PATCH", f"/projects/{pets}", json={"gold_share": 0.5}).status_code == 200
    claim(invite("prime"), project)  # the terms are new
    workers = [invite(f"w{number}") for number in range(5)]
    pages = [claim(worker, project) for worker in workers]
    given = [(w, page.get_json()) for w, page in zip(workers, pages, strict=True) if page.status_code == 200]
    for worker, page in given:
        assert submit(worker, page).status_code == 200
    assert count(database, Slot, Slot.gold_id.is_not(None)) > 0
    assert way.count(True) > len(given)
    sound(database)
    with database.read() as session:
        budget = session.scalars(select(Budget)).one()
    assert budget.held + budget.spent <= budget.cap


def test_a_double_click_gets_one_page(project, invite, meanwhile, database):
    wim = invite("wim")
    with meanwhile(HOLDING, lambda: claim(wim, project).data) as other:
        page = claim(wim, project)
    assert page.status_code == 200
    assert other.done() == page.data
    assert count(database, Assignment, Assignment.work == "assigned") == 1
    sound(database)


def test_a_place_goes_to_one_of_two(project, ann, pets, invite, meanwhile, database):
    assert ann("PATCH", f"/projects/{pets}", json={"gold_share": 0.0}).status_code == 200
    claim(invite("prime"), project)
    wim, kim = invite("wim"), invite("kim")
    with meanwhile(HOLDING, lambda: claim(kim, project)) as other:
        mine = claim(wim, project)
    assert {mine.status_code, other.done().status_code} == {200}
    assert count(database, Item, Item.open < 0) == 0
    sound(database)


def test_the_same_page_handed_in_twice_at_once_counts_once(project, invite, meanwhile, database):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    with meanwhile(STORING, lambda: submit(wim, page).data) as other:
        receipt = submit(wim, page)
    assert receipt.status_code == 200
    assert other.done() == receipt.data
    assert count(database, Answer) == HIT_SIZE
    sound(database)


@pytest.mark.parametrize(
    "body",
    [
        {"answers": {"q1": "cat", "q2": "cat", "q3": None}},
        {"answers": {"q1": "cat", "q2": "cat", "q3": "cow"}},
        {"answers": {"q1": "cat", "q2": "cat", "q3": "cat"}, "times": {"q1": True}},
        {"answers": {"q1": "cat", "q2": "cat", "q3": "cat"}, "seconds": "2"},
        {"answers": {"q1": "cat", "q2": "cat", "q3": "cat"}, "notes": {"q1": "x" * 2001}},
        {"answers": {"q1": "cat", "q2": "cat", "q3": "cat"}, "item": "i3"},
        {"answers": ["cat"]},
        {},
    ],
)
def test_what_is_no_submission_is_refused_in_the_words_of_the_general_way(project, invite, database, body):
    wim = invite("wim")
    page = claim(wim, project).get_json()
    answer = submit(wim, page, body or {"answers": {}})
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert answer.get_json()["errors"]
    assert count(database, Answer) == 0
    assert submit(wim, page).status_code == 200


@pytest.mark.parametrize("token", ["a\0b", "nobody's", "x" * 3000])
def test_no_token_of_a_page_is_a_fault_of_ours(project, invite, token):
    answer = invite("wim").post(f"/work/pages/{token}/submit", {"answers": {"q1": "cat"}})
    assert answer.status_code in (400, 404)


class TestLimit:
    @pytest.fixture
    def settings(self, settings):
        from dataclasses import replace

        return replace(settings, submits_per_minute=2)

    def test_more_than_so_many_pages_a_minute_are_refused(self, project, invite, database, clock):
        wim = invite("wim")
        for expected in (200, 200):
            assert submit(wim, claim(wim, project).get_json()).status_code == expected
        kim = invite("kim")
        assert submit(kim, claim(kim, project).get_json()).status_code == 200
        with database.read() as session:
            assert sorted(session.scalars(select(Attempts.count))) == [1, 2]

        def hold(session):
            return session.scalars(select(Assignment.id).where(Assignment.work == "assigned")).all()

        page = claim(wim, project)
        if page.status_code == 200:
            before = count(database, Answer)
            assert submit(wim, page.get_json()).status_code == 429
            assert (count(database, Answer), len(database.transact(hold))) == (before, 1)
            clock.advance(60)
            assert submit(wim, page.get_json()).status_code == 200


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
class TestRestart:
    """Connections that were cut, as a restart cuts them."""

    @pytest.fixture
    def cut(self, migrated_server) -> Callable[[], object]:
        """Cut all connections but the one that empties the database for the next test."""
        _, connection, _ = migrated_server
        return lambda: connection.execute(OTHERS, [connection.info.dbname])

    def test_the_first_call_after_it_is_answered(self, project, invite, database, cut):
        wim = invite("wim")
        cut()
        page = claim(wim, project)
        assert page.status_code == 200
        cut()
        assert submit(wim, page.get_json()).status_code == 200
        stored = select(func.count()).select_from(Answer)
        assert database.transact(lambda session: session.scalar(stored)) == HIT_SIZE

    def test_the_first_transaction_after_it_is_repeated(self, project, database, cut):
        database.transact(lambda session: session.execute(text("SELECT 1")).all())
        cut()
        runs = []

        def work(session):
            runs.append(1)
            return session.scalar(select(func.count()).select_from(Item))

        assert database.transact(work) == 10
        assert len(runs) == 2
