"""A database in the middle of its work, with everything in it that can happen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from crowd import migrations
from crowd.channels import Recorded, Replay, Simulated
from crowd.db import Database, connect
from crowd.models import Answer, GroupMember, Item, Message, Project, Reservation, Tick, Worker
from crowd.services import assign, choose, collect, grade, intake, loop, pack, predict, publish, roster
from crowd.services.access import keys
from crowd.services.collect import Skipped
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow
from workers.simulated import parse_mix, people

QUIZ = {"questions": 3, "pass_mark": 0.6, "attempts": 2}
LABELS = ("cat", "dog", "owl")
KEYS = [f"i{number:03}" for number in range(90)]
TRUTH = {key: LABELS[number % 3] for number, key in enumerate(KEYS)}


class Clock:
    """A clock that moves on by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(scope="module")
def world(module_database_url: str) -> Iterator[Database]:
    """Two projects in the middle of their work, with everything in them that can happen to an answer."""
    database = connect(module_database_url)
    migrations.upgrade(database)
    clock = Clock()
    accepted = found(database, clock, "accepted", "simulated")
    published = found(database, clock, "published", "replay")
    rng = np.random.default_rng(7)
    crowd = people(parse_mix("good=.7,sloppy=.1,random=.2"), 12, len(LABELS), rng)
    simulated = Simulated(crowd, TRUTH, LABELS, rng)
    recorded = [Recorded(key, f"r{n}", TRUTH[key]) for key in KEYS for n in range(3)]
    replay = Replay(recorded)
    for _ in range(3):
        loop.turn(database, accepted, simulated, clock=clock)
        loop.turn(database, published, replay, clock=clock)
    leave_unfinished(database, accepted, published, replay, clock)
    hand_questions_back(database, accepted, clock)
    take_the_quiz(database, found(database, clock, "quizzed", "pool", quiz=QUIZ), clock)
    yield database
    database.dispose()


def found(database: Database, clock: Clock, slug: str, channel: str, **more: Any) -> int:
    settings = ProjectSettings(
        **more,
        channel=channel,
        overlap=2,
        max_overlap=3,
        confidence=0.97,
        hit_size=5,
        gold_share=0.4,
        batch_size=15,
        price_micros=30_000,
        seed=3,
        lease_seconds=600,
    )
    with database.write() as session:
        principal = keys.operator(keys.requester(session, "local", now=clock()))
        project = projects.create(
            session, principal, slug=slug, labels=LABELS, settings=settings, cap_micros=10**8, now=clock()
        )
        keys.create(session, principal, label="one", scopes=["read"], now=clock(), project=project)
        intake.add_items(session, project, [ItemRow(key, {"text": key}, key) for key in KEYS], now=clock())
        gold = [GoldRow(key, TRUTH[key], key) for key in KEYS[:18]]
        intake.add_gold(session, project, gold, source="expert", now=clock())
        certain = np.eye(len(LABELS))[[LABELS.index(TRUTH[key]) for key in KEYS]]
        guess = 0.7 * certain + 0.1
        predict.upload(
            session, project, model_version="m1", labels=LABELS, keys=KEYS, probabilities=guess, now=clock()
        )
        return project.id


def leave_unfinished(database: Database, accepted: int, published: int, replay: Replay, clock: Clock) -> None:
    """A page held, one given back, one expired and handed in too late, work set aside, HITs on offer."""
    with database.write() as session:
        project = session.get_one(Project, accepted)
        more = choose.choose(session, project, now=clock())
        publish.ask_batch(session, project, more, now=clock())
        ann, bob, cyd = (
            roster.arrival(session, 1, "simulated", name, now=clock()) for name in ("A", "B", "C")
        )
        late = assign.claim(session, project, cyd, now=clock())
        clock.now += timedelta(hours=1)
        assign.sweep(session, now=clock())
        answers = dict.fromkeys((question.name for question in late.questions), "cat")
        assert isinstance(
            collect.submit(session, cyd, late.token, answers=answers, now=clock()), collect.Kept
        )
        back = assign.claim(session, project, bob, now=clock())
        assign.give_back(session, bob, back.token, now=clock())
        assert assign.claim(session, project, ann, now=clock())
        dan = roster.arrival(session, 1, "simulated", "D", now=clock())
        due = assign.claim(session, project, dan, now=clock())
        answers = {question.name: TRUTH[question.key] for question in due.questions}
        collect.submit(session, dan, due.token, answers=answers, now=clock())
        options = {"kind": "suspended", "reason": "test", "facts": {}, "actor": "test"}
        roster.restrict(session, bob, project=project, now=clock(), **options)
        roster.restrict(session, cyd, project=None, now=clock(), **options)
        busiest = session.scalars(
            select(Worker).join(Answer, Answer.worker_id == Worker.id).where(Answer.project_id == accepted)
        ).first()
        assert grade.exclude(session, project, busiest, reason="test", now=clock())
        session.add_all(Tick(job="sweep", period=n, term=1 + n // 2, created_at=clock()) for n in range(4))
        assert pack.publish_pages(session, session.get_one(Project, published), replay, now=clock())


def hand_questions_back(database: Database, accepted: int, clock: Clock) -> None:
    """Two workers skip all they are shown, and so much of it twice; another fetches a page ahead."""
    with database.write() as session:
        project = session.get_one(Project, accepted)
        for name in ("E", "F"):
            person = roster.arrival(session, 1, "simulated", name, now=clock())
            page = assign.claim(session, project, person, now=clock())
            skips = {question.name: Skipped("broken", "no image") for question in page.questions}
            receipt = collect.submit(session, person, page.token, answers={}, skips=skips, now=clock())
            assert (receipt.answers, receipt.skipped) == (0, len(page.questions))
        hasty = roster.arrival(session, 1, "simulated", "G", now=clock())
        pages = [assign.claim(session, project, hasty, ahead=ahead, now=clock()) for ahead in (False, True)]
        assert pages[0].token != pages[1].token
        kept = session.scalars(select(Item).where(Item.project_id == accepted, Item.open > 0)).first()
        kept.reserved = True
        session.add(Reservation(item_id=kept.id, worker_id=hasty.id))
        session.add(GroupMember(worker_id=hasty.id, name="fast", created_at=clock()))
        said = {"sender": "worker", "text": "The image is missing.", "created_at": clock()}
        session.add(Message(requester_id=1, worker_id=hasty.id, project_id=accepted, **said))


def take_the_quiz(database: Database, quizzed: int, clock: Clock) -> None:
    """A worker answers the entrance quiz and is given a first page."""
    with database.write() as session:
        project = session.get_one(Project, quizzed)
        person = roster.arrival(session, 1, "pool", "Q", now=clock())
        quiz = assign.claim(session, project, person, now=clock())
        assert quiz.kind == "quiz"
        answers = {question.name: TRUTH[question.key] for question in quiz.questions}
        assert collect.submit(session, person, quiz.token, answers=answers, now=clock()).amount_micros == 0
        assert assign.claim(session, project, person, now=clock()) is None
