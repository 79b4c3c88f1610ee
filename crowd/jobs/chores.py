"""The jobs: sweep leases that ran out, pay work, delete what is over, give projects their turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from crowd.channels import Pool
from crowd.clock import Clock
from crowd.db import Database
from crowd.models import Assignment, IdempotencyRecord, Project
from crowd.models.conditions import DUE
from crowd.services import assign, loop, pay
from crowd.services.access import attempts, sessions
from crowd.services.market import tokens, work

SWEEP_SECONDS = 15
MARKET_SECONDS = 15
SETTLE_SECONDS = 60
PRUNE_SECONDS = 3600
# As long as a client may still repeat a request under the same `Idempotency-Key`.
REPLIES_KEPT = timedelta(days=30)

log = structlog.get_logger("crowd.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """Something done once in every period of so many seconds; `work` tells how much it did."""

    name: str
    seconds: int
    work: Callable[[Database, Clock], int]


def jobs(*, step_seconds: int) -> tuple[Job, ...]:
    """Return what there is to do; without a period for it no project takes its turn by itself."""
    always = (
        Job("sweep", SWEEP_SECONDS, sweep),
        Job("market", MARKET_SECONDS, market),
        Job("settle", SETTLE_SECONDS, settle),
        Job("prune", PRUNE_SECONDS, prune),
    )
    return (*always, Job("step", step_seconds, step)) if step_seconds else always


def sweep(database: Database, clock: Clock) -> int:
    """Take back the pages whose lease has run out; return how many."""
    swept = 0
    while more := database.transact(lambda session: assign.sweep(session, now=clock())):
        swept += more
    return swept


def market(database: Database, clock: Clock) -> int:
    """Write down what time has brought about on the HITs of programs; return on how many."""
    swept = 0
    while more := database.transact(lambda session: work.sweep(session, now=clock())):
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


def prune(database: Database, clock: Clock) -> int:
    """Delete sessions that are over, attempts and tokens long past, and old replies; return how many."""

    def delete_old(session: Session) -> int:
        now = clock()
        old = delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now - REPLIES_KEPT)
        replies = cast("CursorResult[Any]", session.execute(old)).rowcount
        over = sessions.prune(session, now=now) + attempts.prune(session, now=now)
        return over + tokens.prune(session, now=now) + replies

    return database.transact(delete_old)


def _settle(project_id: int, clock: Clock, session: Session) -> int:
    return pay.settle(session, session.get_one(Project, project_id), now=clock())
