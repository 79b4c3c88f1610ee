"""May this worker be given work of this project? The one place that decides, with every reason against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crowd.errors import Forbidden
from crowd.models import Project, Restriction, Worker


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a worker from a project."""

    code: str  # channel, state, restriction, qualification, cap, day_cap, quiz
    text: str


def reasons(session: Session, project: Project, worker: Worker, *, now: datetime) -> list[Reason]:
    """Return all that keeps a worker from being given work; nothing where they may have it."""
    if worker.requester_id != project.requester_id or worker.channel != project.channel:
        return [Reason("channel", "this project is not open to this worker")]
    found = [] if project.state == "active" else [Reason("state", f"the project is {project.state}")]
    scope = or_(Restriction.project_id == project.id, Restriction.project_id.is_(None))
    query = select(Restriction.kind).where(
        Restriction.worker_id == worker.id, scope, Restriction.lifted_at.is_(None)
    )
    in_force = query.where(or_(Restriction.until.is_(None), Restriction.until > now))
    found += [Reason("restriction", f"the worker is {kind}") for kind in session.scalars(in_force.distinct())]
    return found


def require(session: Session, project: Project, worker: Worker, *, now: datetime) -> None:
    """Raise, with the reason, unless this worker may be given work of this project."""
    found = reasons(session, project, worker, now=now)
    if found:
        raise Forbidden(found[0].text)
