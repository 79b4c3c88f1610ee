"""The jobs: leases that ran out are swept, work is paid, and projects take their turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels import Pool
from crowd.clock import Clock
from crowd.db import Database
from crowd.models import Assignment, Project
from crowd.models.conditions import DUE
from crowd.services import assign, loop, pay

SWEEP_SECONDS = 15
SETTLE_SECONDS = 60

log = structlog.get_logger("crowd.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """Something done once in every period of so many seconds; `work` tells how much it did."""

    name: str
    seconds: int
    work: Callable[[Database, Clock], int]


def jobs(*, step_seconds: int) -> tuple[Job, ...]:
    """Return what there is to do; without a period for it no project takes its turn by itself."""
    always = Job("sweep", SWEEP_SECONDS, sweep), Job("settle", SETTLE_SECONDS, settle)
    return (*always, Job("step", step_seconds, step)) if step_seconds else always


def sweep(database: Database, clock: Clock) -> int:
    """Take back the pages whose lease has run out; return how many."""
    swept = 0
    while more := database.transact(lambda session: assign.sweep(session, now=clock())):
        swept += more
    return swept


def settle(database: Database, clock: Clock) -> int:
    """Pay what is due in every project; return how many assignments."""
    due = select(Assignment.project_id).where(DUE).distinct()
    with database.read() as session:
        project_ids = session.scalars(due.order_by(Assignment.project_id)).all()

    return sum(database.transact(partial(_settle, project_id, clock)) for project_id in project_ids)


def step(database: Database, clock: Clock) -> int:
    """Give every active project of our own pool one turn; return how many moved.

    A project whose turn fails does not keep the others from theirs.
    """
    active = select(Project.id).where(Project.state == "active", Project.channel == Pool.name)
    with database.read() as session:
        project_ids = session.scalars(active.order_by(Project.id)).all()
    moved = 0
    for project_id in project_ids:
        try:
            moved += not loop.turn(database, project_id, Pool(), clock=clock).idle
        except Exception:
            log.exception("step failed", project=project_id)
    return moved


def _settle(project_id: int, clock: Clock, session: Session) -> int:
    return pay.settle(session, session.get_one(Project, project_id), now=clock())
