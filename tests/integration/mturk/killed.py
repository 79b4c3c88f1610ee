"""What a process does at an endpoint that is killed while it does it."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels.mturk import client as clients
from crowd.db import Database
from crowd.models import Assignment, Project
from crowd.services import judge
from crowd.services.mturk import bonuses
from crowd.services.mturk.channel import Mturk
from tests.fakes import wire
from tests.integration.mturk.conftest import caller
from tests.integration.world import START, Clock

BONUS = 120_000


@cache
def client(url: str) -> Any:
    return clients.connect(url, **wire.KEYS)


def warm(_database: Database, url: str) -> None:
    """Make the client, which takes long, and call nothing: its sockets must not be shared."""
    client(url)


def round_trip(database: Database, url: str, project_id: int, seconds: float) -> None:
    """Publish, collect, approve and give everyone a bonus, at a time so many seconds from the start."""
    clock = Clock()
    clock.now = START + timedelta(seconds=seconds)
    mturk = Mturk(caller(client(url), clock), url)
    mturk.publish(database, project_id, clock=clock)
    mturk.collect(database, project_id, clock=clock)
    database.transact(lambda session: judge.graded(session, project_id, now=clock()))
    database.transact(lambda session: reward_all(session, project_id, clock))
    mturk.send(database, clock=clock)


def reward_all(session: Session, project_id: int, clock: Clock) -> None:
    project = session.get_one(Project, project_id)
    mine = select(Assignment).where(Assignment.project_id == project_id).order_by(Assignment.id)
    for page in session.scalars(mine):
        bonuses.bonus(session, project, page, BONUS, "thank you", now=clock())
