"""Workers: who they are, what they come with, and whether they may work here."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crowd.errors import Conflict
from crowd.models import Answer, Grade, Project, Restriction, Skill, Worker
from crowd.services import audit, keys, locks, sessions
from crowd.services.keys import Principal


def invite(session: Session, principal: Principal, *, name: str, now: datetime) -> tuple[Worker, str]:
    """Add a worker to the requester's own pool; return them with the token they work with."""
    worker = add(session, principal, name=name, now=now)
    return worker, keys.create_worker_token(session, worker, now=now)


def add(session: Session, principal: Principal, *, name: str, now: datetime) -> Worker:
    """Add a worker to the requester's own pool, who has no way in yet."""
    # A worker sees the pages of all projects, so a key for one must not be able to make one up.
    principal.require_all_projects()
    locks.name(session, f"workers:{principal.requester_id}")
    if _find(session, principal.requester_id, "pool", name) is not None:
        raise Conflict(f"there is a worker {name!r} already")
    worker = _add(session, principal.requester_id, "pool", name, now)
    audit.record(
        session,
        requester_id=principal.requester_id,
        actor=principal.actor,
        action="worker.invite",
        subject=f"worker:{worker.pseudonym}",
        now=now,
    )
    return worker


def arrival(session: Session, requester_id: int, channel: str, name: str, *, now: datetime) -> Worker:
    """Return the worker a channel names, made when they come for the first time."""
    found = _find(session, requester_id, channel, name)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            return _add(session, requester_id, channel, name, now)
    except IntegrityError:  # another process met the same worker in this moment
        return session.scalars(_query(requester_id, channel, name)).one()


def arrivals(
    session: Session, requester_id: int, channel: str, names: Sequence[str], *, now: datetime
) -> dict[str, Worker]:
    """Return the workers a channel names, by name."""
    query = select(Worker).where(Worker.requester_id == requester_id, Worker.channel == channel)
    known = {worker.name: worker for worker in session.scalars(query.where(Worker.name.in_(names)))}
    missing = sorted(set(names) - set(known))
    return known | {name: arrival(session, requester_id, channel, name, now=now) for name in missing}


def restrict(
    session: Session,
    worker: Worker,
    *,
    project: Project | None,
    kind: str,
    reason: str,
    facts: dict[str, Any],
    actor: str,
    now: datetime,
) -> Restriction:
    """Keep a worker out of a project, or of all; the pages they hold may still be submitted.

    A ban from all projects signs the worker out as well.
    """
    restriction = Restriction(
        worker_id=worker.id,
        project_id=project.id if project else None,
        kind=kind,
        reason=reason,
        facts=facts,
        created_at=now,
    )
    session.add(restriction)
    if kind == "banned" and project is None:
        sessions.close_all(session, worker, now=now)
    audit.record(
        session,
        requester_id=worker.requester_id,
        project_id=restriction.project_id,
        actor=actor,
        action=f"worker.{kind}",
        subject=f"worker:{worker.pseudonym}",
        details={"reason": reason},
        now=now,
    )
    return restriction


def lift(
    session: Session, principal: Principal, worker: Worker, project: Project | None, *, now: datetime
) -> int:
    """End the restrictions of a worker in this project, or everywhere; return how many ended."""
    query = select(Restriction).where(Restriction.worker_id == worker.id, Restriction.lifted_at.is_(None))
    if project is not None:
        query = query.where(Restriction.project_id == project.id)
    rows = session.scalars(query).all()
    for restriction in rows:
        restriction.lifted_at = now
    if rows:
        audit.record(
            session,
            requester_id=principal.requester_id,
            project_id=project.id if project else None,
            actor=principal.actor,
            action="worker.lift",
            subject=f"worker:{worker.pseudonym}",
            now=now,
        )
    return len(rows)


@dataclass(frozen=True, slots=True)
class WorkerSummary:
    """What a project knows of one worker."""

    worker: Worker
    answers: int
    graded: int
    correct: int
    skill: Skill | None
    restriction: Restriction | None


def summaries(session: Session, project: Project) -> list[WorkerSummary]:
    """Return everyone who has answered in the project, with what is known of them."""
    counts = dict(_answer_counts(session, project))
    graded = {worker: (n, right) for worker, n, right in _grades(session, project)}
    skills = {row.worker_id: row for row in session.scalars(_skills(project))}
    restricted = {row.worker_id: row for row in session.scalars(_active(project))}
    workers = session.scalars(select(Worker).where(Worker.id.in_(list(counts))).order_by(Worker.id))
    return [
        WorkerSummary(
            worker=worker,
            answers=counts[worker.id],
            graded=graded.get(worker.id, (0, 0))[0],
            correct=graded.get(worker.id, (0, 0))[1],
            skill=skills.get(worker.id),
            restriction=restricted.get(worker.id),
        )
        for worker in workers
    ]


def _add(session: Session, requester_id: int, channel: str, name: str, now: datetime) -> Worker:
    worker = Worker(
        requester_id=requester_id,
        channel=channel,
        name=name,
        pseudonym=f"w{secrets.token_hex(6)}",
        created_at=now,
    )
    session.add(worker)
    session.flush()
    return worker


def _query(requester_id: int, channel: str, name: str) -> Select[Worker]:
    return select(Worker).where(
        Worker.requester_id == requester_id, Worker.channel == channel, Worker.name == name
    )


def _find(session: Session, requester_id: int, channel: str, name: str) -> Worker | None:
    return session.scalars(_query(requester_id, channel, name)).first()


def _active(project: Project) -> Select[Restriction]:
    scope = or_(Restriction.project_id == project.id, Restriction.project_id.is_(None))
    return select(Restriction).where(scope, Restriction.lifted_at.is_(None)).order_by(Restriction.id)


def _restrictions(worker: Worker, project: Project) -> Select[Restriction]:
    return _active(project).where(Restriction.worker_id == worker.id)


def _answer_counts(session: Session, project: Project) -> list[tuple[int, int]]:
    query = (
        select(Answer.worker_id, func.count())
        .where(Answer.project_id == project.id)
        .group_by(Answer.worker_id)
    )
    return [(worker, count) for worker, count in session.execute(query)]


def _grades(session: Session, project: Project) -> list[tuple[int, int, int]]:
    right = func.count().filter(Grade.correct)
    query = select(Grade.worker_id, func.count(), right).where(Grade.project_id == project.id)
    return [(worker, n, good) for worker, n, good in session.execute(query.group_by(Grade.worker_id))]


def _skills(project: Project) -> Select[Skill]:
    return select(Skill).where(Skill.project_id == project.id).order_by(Skill.id)
