"""May this worker be given work of this project? The one place that decides, with every reason against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from crowd.channels.mturk.posting import CHANNEL
from crowd.errors import Forbidden
from crowd.models import Assignment, Project, Restriction, Skill, Slot, Worker
from crowd.models.conditions import IN_FORCE, asks, in_force
from crowd.services import plain
from crowd.services.people import groups, skills
from crowd.services.plain import Sql
from workers.qualification import unmet

COUNTED = ("leased", "done", "void")  # answers, and places held for one

# Every claim asks this.
_RESTRICTED = f"""
    SELECT kind, project_id, until, exam_after IS NOT NULL FROM restriction
    WHERE worker_id = :worker AND (project_id = :project OR project_id IS NULL)
        AND {IN_FORCE} ORDER BY id
"""  # noqa: S608 - put together from constants
RESTRICTED = Sql(_RESTRICTED, _RESTRICTED)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a worker from a project."""

    # channel, state, restriction, exam, qualification, cap, day_cap, quiz, quiz_cooling, quiz_failed
    code: str
    text: str


def reasons(session: Session, project: Project, worker: Worker, *, now: datetime) -> list[Reason]:
    """Return all that keeps a worker from being given work; nothing where they may have it.

    A project that sets no qualifications, caps or quiz costs one query: claims are in a hurry.
    """
    if worker.requester_id != project.requester_id or worker.channel not in project.channels:
        return [Reason("channel", "this project is not open to this worker")]
    if worker.erased_at is not None:
        return [Reason("restriction", "the worker was erased")]
    found = [] if project.state == "active" else [Reason("state", f"the project is {project.state}")]
    found += _restricted(session, project, worker, now)
    if project.qualifications:
        found += _unqualified(session, project, worker, now)
    if project.worker_cap is not None or project.worker_day_cap is not None:
        found += _capped(session, project, worker, now)
    if project.quiz is not None and worker.channel != CHANNEL:  # no endpoint shows our quiz
        found += _unproven(session, project, worker, now)
    return found


def require(session: Session, project: Project, worker: Worker, *, now: datetime) -> None:
    """Raise, with the reason, unless this worker may be given work of this project."""
    found = reasons(session, project, worker, now=now)
    if found:
        raise Forbidden(found[0].text)


def room(session: Session, project: Project, worker: Worker, *, now: datetime) -> int | None:
    """Return how many more answers the project's caps allow this worker; None where it has none."""
    if project.worker_cap is None and project.worker_day_cap is None:
        return None
    total, today = _given(session, project, worker, now)
    left = [
        cap - count
        for cap, count in ((project.worker_cap, total), (project.worker_day_cap, today))
        if cap is not None
    ]
    return max(0, min(left))


def keeps_out(project_id: InstrumentedAttribute[int] | int, now: datetime) -> ColumnElement[bool]:
    """Return the condition for a restriction to keep its worker from all of a project: an exam is work."""
    scope = or_(Restriction.project_id == project_id, Restriction.project_id.is_(None))
    return and_(scope, in_force(now), Restriction.exam_after.is_(None))


def open_to(worker: Worker, now: datetime) -> ColumnElement[bool]:
    """Return the condition for a project to be one whose work this worker may at least try to get.

    It leaves out what differs from claim to claim: qualifications, caps and the quiz.
    """
    barred = exists().where(Restriction.worker_id == worker.id, keeps_out(Project.id, now))
    return and_(
        Project.requester_id == worker.requester_id,
        asks(worker.channel),
        Project.state == "active",
        ~barred,
    )


def _restricted(session: Session, project: Project, worker: Worker, now: datetime) -> list[Reason]:
    rows = RESTRICTED(session, worker=worker.id, project=project.id, now=plain.moment(session, now))
    found = dict.fromkeys(
        Reason("exam" if row[3] else "restriction", _barred(row[0], row[1], plain.read_moment(row[2])))
        for row in rows
    )
    return list(found)


def _barred(kind: str, project_id: int | None, until: datetime | None) -> str:
    where = "" if project_id else " in all projects"
    return f"the worker is {kind}{where}" + (f" until {until:%Y-%m-%d %H:%M} UTC" if until else "")


def _unqualified(session: Session, project: Project, worker: Worker, now: datetime) -> list[Reason]:
    known = {name: skill.value for name, skill in skills.current(session, worker, project, now=now).items()}
    missing = unmet(project.qualifications, known, groups.of(session, worker))
    return [Reason("qualification", text) for text in missing]


def _capped(session: Session, project: Project, worker: Worker, now: datetime) -> Iterator[Reason]:
    total, today = _given(session, project, worker, now)
    if project.worker_cap is not None and total >= project.worker_cap:
        yield Reason("cap", f"the worker has given {total} answers of at most {project.worker_cap}")
    if project.worker_day_cap is not None and today >= project.worker_day_cap:
        yield Reason(
            "day_cap", f"the worker has given {today} answers of at most {project.worker_day_cap} today"
        )


def _given(session: Session, project: Project, worker: Worker, now: datetime) -> tuple[int, int]:
    """Count the answers a worker has given or holds a place for: in all, and since midnight (UTC)."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    # Gold counts too: a cap that passed over it would tell which questions it was.
    today = func.count().filter(or_(Slot.state == "leased", Assignment.submitted_at >= midnight))
    query = (
        select(func.count(), today)
        .join(Assignment, Assignment.id == Slot.assignment_id)
        .where(Assignment.project_id == project.id, Assignment.worker_id == worker.id)
        .where(Assignment.kind == "work", Slot.state.in_(COUNTED))
    )
    row = session.execute(query).one()
    return row[0], row[1]


def _unproven(session: Session, project: Project, worker: Worker, now: datetime) -> list[Reason]:
    quiz = project.quiz or {}
    query = select(Skill.value, Skill.expires_at, Skill.created_at).where(
        Skill.worker_id == worker.id, Skill.project_id == project.id, Skill.name == "quiz"
    )
    results = session.execute(query.order_by(Skill.id)).all()
    if any(
        row.value >= quiz["pass_mark"] and (not row.expires_at or row.expires_at > now) for row in results
    ):
        return []
    if len(results) >= quiz["attempts"]:
        return [Reason("quiz_failed", f"the worker has not passed the quiz in {len(results)} attempts")]
    again = results[-1].created_at + timedelta(seconds=quiz.get("cooling_seconds") or 0) if results else now
    if again > now:
        return [Reason("quiz_cooling", f"the worker may try the quiz again from {again:%Y-%m-%d %H:%M} UTC")]
    return [Reason("quiz", "the worker has to pass the quiz first")]
