"""What workers can do, as the requester says and as gold shows; the newest word of a name holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crowd.errors import Problem, bad_inputs
from crowd.models import Project, Skill, Worker
from crowd.services import audit
from crowd.services.access.keys import Principal
from workers.qualification import NAME

# What crowd itself estimates; a requester's word must not look like it.
OURS = ("accuracy", "quiz")


@dataclass(frozen=True, slots=True)
class Given:
    """What a requester says of a worker: from 0 to 1, with what it rests on."""

    name: str
    value: float
    evidence: float = 0.0  # how many answers, tests, years it rests on
    note: str = ""  # how it is known; kept in the audit chain
    expires_at: datetime | None = None


def give(
    session: Session,
    principal: Principal,
    worker: Worker,
    given: Given,
    *,
    project: Project | None = None,
    now: datetime,
) -> Skill:
    """Store a skill that the requester knows of, in a project or in all."""
    if project is None:
        principal.require_all_projects()
    _check(given, now)
    skill = Skill(
        worker_id=worker.id,
        project_id=project.id if project else None,
        name=given.name,
        source="requester",
        value=given.value,
        low=given.value,
        high=given.value,
        evidence=given.evidence,
        expires_at=given.expires_at,
        created_at=now,
    )
    session.add(skill)
    details = {"name": given.name, "value": given.value, "evidence": given.evidence, "note": given.note}
    subject = f"worker:{worker.pseudonym}"
    audit.act(session, principal, "worker.skill", subject, project=project, details=details, now=now)
    return skill


def current(session: Session, worker: Worker, project: Project | None, *, now: datetime) -> dict[str, Skill]:
    """Return a worker's skills by name, as they hold in a project (or, without one, in all of them).

    What was said for the project itself goes before what was said for all; what has expired is not
    replaced by what was said before it.
    """
    here = or_(Skill.project_id.is_(None), Skill.project_id == (project.id if project else None))
    query = select(Skill).where(Skill.worker_id == worker.id, here)
    rows = sorted(session.scalars(query), key=lambda row: (row.project_id is not None, row.id))
    newest = {row.name: row for row in rows}
    return {name: row for name, row in newest.items() if row.expires_at is None or row.expires_at > now}


def _check(given: Given, now: datetime) -> None:
    problems = []
    if not NAME.fullmatch(given.name):
        problems.append(Problem("name", "use letters, digits, dots, dashes and underscores, at most 63"))
    if given.name in OURS:
        problems.append(Problem("name", f"{given.name!r} is what crowd measures itself; take another name"))
    if not 0 <= given.value <= 1:
        problems.append(Problem("value", f"is {given.value:g}; it lies between 0 and 1"))
    if not given.evidence >= 0:
        problems.append(Problem("evidence", "cannot be negative"))
    if given.expires_at is not None and given.expires_at <= now:
        problems.append(Problem("expires_at", "is in the past"))
    if problems:
        raise bad_inputs(problems, what="skill")
