"""The timer acts once in a period, however many run, and goes on after a failure."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from crowd.clock import utc_now
from crowd.jobs.chores import Job, jobs, settle, step, sweep
from crowd.jobs.scheduler import LEASE_SECONDS, Scheduler
from crowd.models import Assignment, Budget, Item, Project
from crowd.services import assign, collect, intake, roster
from crowd.services.access import keys
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.items import ItemRow

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def project(database, clock) -> int:
    def work(session) -> int:
        ann = keys.operator(keys.requester(session, "ann", now=clock()))
        settings = ProjectSettings(
            price_micros=50_000, overlap=1, hit_size=2, gold_share=0.0, lease_seconds=60
        )
        row = projects.create(
            session, ann, slug="pets", labels=["cat", "dog"], settings=settings, cap_micros=10**7, now=clock()
        )
        items = [ItemRow(f"i{n}", {"text": str(n)}, "") for n in range(4)]
        intake.add_items(session, row, items, now=clock())
        return row.id

    return database.transact(work)


def claimed(database, clock, project: int, name: str):
    """Let a worker of this name claim a page; return it with the worker's number."""

    def work(session):
        row = session.get_one(Project, project)
        worker = roster.arrival(session, row.requester_id, "pool", name, now=clock())
        return assign.claim(session, row, worker, now=clock()), worker

    return database.transact(work)


def counting(seconds: int = 15):
    done: list[str] = []
    return Job("count", seconds, lambda *_: done.append("once") or 1), done


def test_of_two_schedulers_one_acts_and_the_other_takes_over(database, clock):
    job, done = counting()
    first, second = (Scheduler(database, clock, [job]) for _ in range(2))
    acted = []
    for _ in range(10):
        acted.append((first.tick(job), second.tick(job)))
        clock.advance(15)
    assert acted == [(True, False)] * 10
    assert len(done) == 10
    # The first has died: the second waits for the term to end and then acts.
    later = []
    for _ in range(5):
        later.append(second.tick(job))
        clock.advance(15)
    assert later.index(True) <= LEASE_SECONDS // 15
    assert not first.tick(job)


def test_a_second_wake_in_a_period_does_nothing(database, clock):
    job, done = counting()
    scheduler = Scheduler(database, clock, [job])
    assert [scheduler.tick(job) for _ in range(3)] == [True, False, False]
    assert done == ["once"]


def test_the_timer_wakes_up_survives_failures_and_stops(database):
    seen, twice = [], Event()

    def fail(*_) -> int:
        seen.append(1)
        if len(seen) == 2:
            twice.set()
        raise RuntimeError("no luck")

    scheduler = Scheduler(database, utc_now, [Job("fail", 1, fail)])
    with capture_logs() as logs:
        scheduler.start()
        assert twice.wait(20)
        scheduler.stop()
    assert {line["event"] for line in logs} == {"job failed"}
    follower = Scheduler(database, utc_now, [])
    assert follower.tick(counting()[0]), "a scheduler that stopped must leave the lease"


def test_without_a_period_no_project_takes_turns():
    always = {"sweep", "market", "settle", "prune", "reconcile", "collect", "hints", "queues"}
    assert always <= {job.name for job in jobs(step_seconds=0)}
    without = {job.name for job in jobs(step_seconds=0)}
    more = {(job.name, job.seconds) for job in jobs(step_seconds=60) if job.name not in without}
    assert more == {("step", 60), ("step-endpoints", 60)}


@pytest.mark.parametrize(("seconds", "found"), [(0, []), (10, [10]), (59, [59]), (60, []), (90, [])])
def test_items_are_looked_at_between_turns_where_that_is_sooner(seconds: int, found: list[int]):
    todo = jobs(step_seconds=60, update_seconds=seconds)
    assert [job.seconds for job in todo if job.name == "update"] == found
    assert not [job for job in jobs(step_seconds=0, update_seconds=10) if job.name == "update"]


def test_steps_ask_and_sweeps_take_back(database, clock, project):
    assert step(database, clock) == 1
    page, _ = claimed(database, clock, project, "wim")
    assert len(page.questions) == 2
    assert sweep(database, clock) == 0
    clock.advance(61)
    assert sweep(database, clock) == 1
    with database.read() as session:
        assert session.scalars(select(Item.open).order_by(Item.id)).all() == [1] * 4


def test_what_is_due_is_paid_once(database, clock, project):
    step(database, clock)
    page, worker = claimed(database, clock, project, "wim")
    answers = {question.name: "cat" for question in page.questions}
    database.transact(
        lambda session: collect.submit(session, worker, page.token, answers=answers, now=clock())
    )
    assert [settle(database, clock) for _ in range(2)] == [1, 0]
    with database.read() as session:
        assert session.scalars(select(Assignment.payment)).all() == ["paid"]
        assert session.scalars(select(Budget.spent)).one() == 100_000


def test_a_paused_project_takes_no_turn(database, clock, project):
    def pause(session) -> None:
        row = session.get_one(Project, project)
        ann = keys.operator(keys.requester(session, "ann", now=clock()))
        projects.move(session, ann, row, "paused", now=clock())

    database.transact(pause)
    assert step(database, clock) == 0
    with database.read() as session:
        assert set(session.scalars(select(Item.state))) == {"new"}


def test_a_project_whose_turn_fails_does_not_stop_the_others(database, clock, project, monkeypatch):
    from crowd.jobs import chores

    turn, failed = chores.loop.turn, []

    def sometimes(opened, project_id, channel, *, clock):
        if not failed:
            failed.append(project_id)
            raise RuntimeError("no luck")
        return turn(opened, project_id, channel, clock=clock)

    def second(session) -> None:
        ann = keys.operator(keys.requester(session, "ann", now=clock()))
        row = projects.create(
            session,
            ann,
            slug="cars",
            labels=["a", "b"],
            settings=ProjectSettings(overlap=1),
            cap_micros=0,
            now=clock(),
        )
        intake.add_items(session, row, [ItemRow("i", {"x": "1"}, "")], now=clock())

    database.transact(second)
    monkeypatch.setattr(chores.loop, "turn", sometimes)
    with capture_logs() as logs:
        assert step(database, clock) == 1
    assert [(line["event"], line["project"]) for line in logs] == [("step failed", project)]


def test_a_job_that_outlasts_its_period_is_no_news(database, clock):
    Scheduler(database, clock, ())
    assert not logging.getLogger("apscheduler.scheduler").isEnabledFor(logging.WARNING)
