"""Workers: who they are, what they come with, and whether they may work here."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crowd.errors import Conflict, bad_input
from crowd.models import Project, Restriction, Worker
from crowd.models.conditions import in_force
from crowd.services import audit, locks
from crowd.services.access import keys, scope, sessions
from crowd.services.access.keys import Principal

GONE = "(erased)"  # begins the name of a worker who was forgotten


def invite(session: Session, principal: Principal, *, name: str, now: datetime) -> tuple[Worker, str]:
    """Add a worker to the requester's own pool; return them with the token they work with."""
    worker = add(session, principal, name=name, now=now)
    return worker, keys.create_worker_token(session, worker, now=now)


def add(session: Session, principal: Principal, *, name: str, now: datetime) -> Worker:
    """Add a worker to the requester's own pool, who has no way in yet."""
    # A worker sees the pages of all projects, so a key for one must not be able to make one up.
    principal.require_all_projects()
    locks.name(session, f"workers:{principal.requester_id}")
    if (known := _find(session, principal.requester_id, "pool", name)) is not None:
        raise Conflict(
            f"there is a worker {name!r} already; "
            f"crowd workers relink {known.pseudonym} makes them a new link"
        )
    worker = _add(session, principal.requester_id, "pool", name, now)
    audit.act(session, principal, "worker.invite", f"worker:{worker.pseudonym}", now=now)
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
    until: datetime | None = None,
    now: datetime,
) -> Restriction:
    """Keep a worker out of a project, or of all; the pages they hold may still be submitted.

    It ends by itself where `until` says so. A ban from all projects signs the worker out as well.
    """
    if until is not None and until <= now:
        raise bad_input("until", "is in the past")
    restriction = Restriction(
        worker_id=worker.id,
        project_id=project.id if project else None,
        kind=kind,
        reason=reason,
        facts=facts,
        until=until,
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
        details={"reason": reason} | ({"until": until.isoformat()} if until else {}),
        now=now,
    )
    return restriction


def restrictions(session: Session, worker: Worker, *, after: int = 0, limit: int) -> Sequence[Restriction]:
    """Return all that ever kept a worker out, in the order it happened."""
    query = select(Restriction).where(Restriction.worker_id == worker.id, Restriction.id > after)
    return session.scalars(query.order_by(Restriction.id).limit(limit)).all()


def slugs(session: Session, principal: Principal) -> dict[int, str]:
    """Return the slugs of the projects the principal may see, by id."""
    return {project.id: project.slug for project in session.scalars(scope.projects(principal))}


def lift(
    session: Session, principal: Principal, worker: Worker, project: Project | None, *, now: datetime
) -> int:
    """End the restrictions of a worker in this project, or everywhere; return how many ended."""
    if project is None:
        principal.require_all_projects()
    query = select(Restriction).where(Restriction.worker_id == worker.id, in_force(now))
    if project is not None:
        query = query.where(Restriction.project_id == project.id)
    rows = session.scalars(query).all()
    for restriction in rows:
        restriction.lifted_at = now
    if rows:
        subject = f"worker:{worker.pseudonym}"
        audit.act(session, principal, "worker.lift", subject, project=project, now=now)
    return len(rows)


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
