"""The jobs: sweep leases that ran out, pay work, delete what is over, give projects their turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, cast

import structlog
from sqlalchemy import ColumnElement, CursorResult, delete, func, select
from sqlalchemy.orm import Session

from crowd.channels import Pool
from crowd.channels.mturk.notices import queue
from crowd.clock import Clock
from crowd.db import Database
from crowd.errors import Misconfigured
from crowd.jobs import endpoints, queues
from crowd.models import Assignment, IdempotencyRecord, Project
from crowd.models.conditions import DUE, asks
from crowd.services import assign, loop, pay, provisional
from crowd.services.access import attempts, sessions
from crowd.services.market import access, notices, tokens, transport, work
from crowd.services.market.notices import Post
from crowd.services.mturk import channel as mturk
from crowd.services.mturk import reconcile
from crowd.services.mturk.channel import Mturk
from crowd.settings import Outlets, Settings

SWEEP_SECONDS = 15
MARKET_SECONDS = 15
NOTICE_SECONDS = 15
SETTLE_SECONDS = 60
PRUNE_SECONDS = 3600
RECONCILE_SECONDS = 3600
# As long as a client may still repeat a request under the same `Idempotency-Key`.
REPLIES_KEPT = timedelta(days=30)

log = structlog.get_logger("crowd.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """Something done once in every period of so many seconds; `work` tells how much it did."""

    name: str
    seconds: int
    work: Callable[[Database, Clock], int]


def jobs(
    *,
    step_seconds: int,
    update_seconds: int = 0,
    post: Post | None = None,
    outlets: Outlets | None = None,
) -> tuple[Job, ...]:
    """Return what there is to do; without a period for it no project takes its turn by itself.

    Between turns items with new answers are judged, where that period is shorter. Programs are told of
    their HITs where there is a `post` to carry it.
    """
    open_queue = partial(queue, outlets=outlets or Outlets())
    always = (
        Job("sweep", SWEEP_SECONDS, sweep),
        Job("market", MARKET_SECONDS, market),
        Job("settle", SETTLE_SECONDS, settle),
        Job("prune", PRUNE_SECONDS, prune),
        Job("reconcile", RECONCILE_SECONDS, reconcile_endpoints),
        Job("collect", endpoints.COLLECT_SECONDS, endpoints.collect),
        Job("hints", endpoints.HINT_SECONDS, endpoints.follow_hints),
        Job("queues", queues.QUEUE_SECONDS, partial(queues.poll, open_queue)),
    )
    turns: tuple[Job, ...] = (
        Job("step", step_seconds, step),
        Job("step-endpoints", step_seconds, step_endpoints),
    )
    if 0 < update_seconds < step_seconds:
        turns = *turns, Job("update", update_seconds, update)
    told = (Job("notices", NOTICE_SECONDS, partial(tell, post)),) if post is not None else ()
    return (*always, *told, *(turns if step_seconds else ()))


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


def tell(post: Post, database: Database, clock: Clock) -> int:
    """Send what programs are to be told of their HITs; return how many messages arrived."""
    return notices.deliver(database, post, clock)


def post_of(settings: Settings, secret_key: str) -> Post:
    """Return what carries notices, by what the operator has set; each is signed with its account's key."""

    def secret_of(access_key_id: str) -> str:
        return settings.market.secrets.get(access_key_id) or access.secret_of(access_key_id, secret_key)

    return transport.Post(settings.outlets, secret_of)


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
    return _turns(database, clock, (Project.channel == Pool.name) & Project.endpoint.is_(None))


def step_endpoints(database: Database, clock: Clock) -> int:
    """Give every active project at an endpoint one turn; return how many moved.

    They have a job of their own: an endpoint may be slow, and our own people must not wait for it.
    """
    return _turns(database, clock, asks(Mturk.name))


def update(database: Database, clock: Clock) -> int:
    """Judge and decide items with new answers in every active project; return how many were decided."""
    active = select(Project.id).where(Project.state == "active").order_by(Project.id)
    with database.read() as session:
        project_ids = session.scalars(active).all()
    return sum(_updated(database, clock, project_id) for project_id in project_ids)


def _updated(database: Database, clock: Clock, project_id: int) -> int:
    try:
        found = database.transact(
            lambda session: provisional.update(session, session.get_one(Project, project_id), now=clock())
        )
    except Exception:
        log.exception("update failed", project=project_id)
        return 0
    return found.enough + found.more + found.give_up + found.expert


def _turns(database: Database, clock: Clock, which: ColumnElement[bool]) -> int:
    active = select(Project).where(Project.state == "active", which).order_by(Project.id)
    with database.read() as session:
        projects = session.scalars(active).all()
    moved = 0
    for project in projects:
        try:
            turn = loop.step(database, project.id, clock=clock)
            moved += not turn.idle
            if turn.gold_warning:
                log.warning("gold runs out", project=project.slug, warning=turn.gold_warning)
        except Misconfigured as error:
            mturk.say_once(str(project.endpoint), error.message)
        except Exception:
            log.exception("step failed", project=project.id)
    return moved


def reconcile_endpoints(database: Database, clock: Clock) -> int:
    """Compare what we know with what every endpoint has that we publish to; return how many differences."""
    with database.read() as session:
        newest = select(func.max(Project.id)).where(asks(Mturk.name)).group_by(Project.endpoint)
        projects = session.scalars(select(Project).where(Project.id.in_(newest)).order_by(Project.id)).all()
    return sum(_reconcile(database, clock, project) for project in projects)


def _reconcile(database: Database, clock: Clock, project: Project) -> int:
    try:
        at = mturk.of(project)
        found = reconcile.reconcile(database, at.caller, endpoint=at.endpoint, clock=clock)
    except Misconfigured as error:
        mturk.say_once(str(project.endpoint), error.message)
        return 0
    except Exception:
        log.exception("reconcile failed", endpoint=project.endpoint)
        return 0
    return found.differences if found else 0


def prune(database: Database, clock: Clock) -> int:
    """Delete sessions that are over, attempts, tokens and notices long past, and old replies."""

    def delete_old(session: Session) -> int:
        now = clock()
        old = delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now - REPLIES_KEPT)
        replies = cast("CursorResult[Any]", session.execute(old)).rowcount
        over = sessions.prune(session, now=now) + attempts.prune(session, now=now)
        market = tokens.prune(session, now=now) + notices.prune(session, now=now)
        return over + market + replies

    return database.transact(delete_old)


def _settle(project_id: int, clock: Clock, session: Session) -> int:
    return pay.settle(session, session.get_one(Project, project_id), now=clock())
