"""The channel `mturk`: HITs go to an endpoint of the protocol, submissions come back from it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import ClassVar

import structlog
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Caller
from crowd.channels.mturk.client import connect
from crowd.channels.mturk.posting import CHANNEL, faults
from crowd.clock import Clock
from crowd.db import Database
from crowd.errors import Problem, bad_inputs
from crowd.models import OutboxEntry, Project
from crowd.services.mturk import collect, own, posting, reconcile, sender
from crowd.services.mturk.collect import Collected
from crowd.services.mturk.sender import Sent

# Calls that were put off are waited for so long; what takes longer is for the next turn.
PATIENCE = timedelta(seconds=60)

log = structlog.get_logger("crowd.mturk")


@dataclass(frozen=True, slots=True)
class Mturk:
    """A workforce behind an endpoint of the MTurk protocol."""

    caller: Caller
    endpoint: str
    name: ClassVar[str] = CHANNEL

    def publish(
        self,
        database: Database,
        project_id: int,
        *,
        clock: Clock,
        watch: Callable[[int], None] = lambda _: None,
    ) -> Sent:
        """Plan HITs for all that wants answers and send what is planned.

        While a project waits for funds, or for qualifications of its own, nothing new is planned for it.
        """
        settle_doubts(database, self.caller, endpoint=self.endpoint, clock=clock)
        if self._is_ready(database, project_id, clock):
            while database.transact(lambda session: self._plan(session, project_id, clock)):
                pass
        return sender.drain(
            database, self.caller, endpoint=self.endpoint, clock=clock, patience=PATIENCE, watch=watch
        )

    def collect(
        self,
        database: Database,
        project_id: int,
        *,
        clock: Clock,
        only: Collection[str] | None = None,
        watch: Callable[[int], None] = lambda _: None,
    ) -> Collected:
        """Take in what was submitted, on all HITs or on some of them."""
        return collect.collect(
            database,
            self.caller,
            project_id,
            endpoint=self.endpoint,
            clock=clock,
            only=only,
            watch=watch,
        )

    def send(
        self, database: Database, *, clock: Clock, watch: Callable[[int], None] = lambda _: None
    ) -> Sent:
        """Send what is planned: verdicts, bonuses, letters."""
        settle_doubts(database, self.caller, endpoint=self.endpoint, clock=clock)
        return sender.drain(
            database, self.caller, endpoint=self.endpoint, clock=clock, patience=PATIENCE, watch=watch
        )

    def _is_ready(self, database: Database, project_id: int, clock: Clock) -> bool:
        """Have the qualifications made that HITs are to ask for; tell whether HITs need not wait for them."""

        def missing(session: Session) -> int:
            project = session.get_one(Project, project_id)
            return own.make(session, project, now=clock()) if project.state == "active" else 0

        if not database.transact(missing):
            return True
        sender.send(database, self.caller, endpoint=self.endpoint, clock=clock)
        return not database.transact(missing)

    def _plan(self, session: Session, project_id: int, clock: Clock) -> int:
        project = session.get_one(Project, project_id)
        if project.endpoint != self.endpoint:
            raise AssertionError(
                f"project {project.slug} publishes to {project.endpoint}, not {self.endpoint}"
            )
        if project.state != "active" or is_paused(session, project):
            return 0
        return posting.publish(session, project, now=clock())


def of(project: Project) -> Mturk:
    """Return the channel of a project.

    Raises:
        Unprocessable: its endpoint is none, or AWS's production host without leave.
        Misconfigured: there are no credentials for the endpoint.
    """
    found = faults(project.posting, project.endpoint)
    problems = [Problem(where, text) for where, text in found]
    if problems:
        raise bad_inputs(problems, what="project")
    assert project.endpoint is not None
    return Mturk(caller_of(project.endpoint), project.endpoint)


@cache
def caller_of(endpoint: str) -> Caller:
    """Return the one caller of an endpoint in this process: it has learned what pace the endpoint bears."""
    return Caller(connect(endpoint))


@cache
def say_once(endpoint: str, why: str) -> None:
    """Log why an endpoint is not asked: once in a process, however often it would be."""
    log.warning("endpoint not asked", endpoint=endpoint, why=why)


def settle_doubts(database: Database, caller: Caller, *, endpoint: str, clock: Clock) -> None:
    """Look at the endpoint first, where a call may have happened that is too old to be repeated."""
    with database.read() as session:
        is_doubtful = reconcile.doubts(session, endpoint, clock()) > 0
    if is_doubtful:
        reconcile.reconcile(database, caller, endpoint=endpoint, clock=clock)


def is_paused(session: Session, project: Project) -> bool:
    """Tell whether the endpoint had no funds for the project: its state is then `paused_funds`."""
    return session.scalar(select(OutboxEntry.id).where(*_held_back(project, "waiting")).limit(1)) is not None


def resume(session: Session, project: Project, *, clock: Clock) -> int:
    """Let what waits for funds, and what was refused, be tried again with its tokens; return how many."""
    again = update(OutboxEntry).where(*_held_back(project, "waiting", "failed"))
    values = {"state": "planned", "next_at": clock(), "finished_at": None, "error": None}
    rows = session.execute(again.values(values).returning(OutboxEntry.id))
    return len(rows.all())


def standing(session: Session, project: Project) -> dict[str, int]:
    """Count the calls planned for a project, by state."""
    query = select(OutboxEntry.state, func.count()).where(OutboxEntry.project_id == project.id)
    return {state: count for state, count in session.execute(query.group_by(OutboxEntry.state))}


def refusal(session: Session, project: Project) -> str | None:
    """Return why the endpoint refused the last call that it refused."""
    query = select(OutboxEntry.error).where(*_held_back(project, "failed"))
    return session.scalar(query.order_by(OutboxEntry.finished_at.desc(), OutboxEntry.id.desc()).limit(1))


def _held_back(project: Project, *states: str) -> tuple[ColumnElement[bool], ...]:
    return OutboxEntry.project_id == project.id, OutboxEntry.state.in_(states)
