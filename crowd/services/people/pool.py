"""The requester's workers at a glance: all of them, and those a project knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from crowd.models import Account, Answer, Grade, GroupMember, Project, Restriction, Skill, Worker
from crowd.models.conditions import in_force
from crowd.services import audit
from crowd.services.access.keys import Principal

PAGE = 500
COLUMNS = (
    "worker",
    "channel",
    "groups",
    "answers",
    "last_answer_at",
    "restrictions",
    "joined_at",
    "erased_at",
)


@dataclass(frozen=True, slots=True)
class WorkerSummary:
    """What a project knows of one worker."""

    worker: Worker
    answers: int
    graded: int
    correct: int
    skill: Skill | None
    restriction: Restriction | None


@dataclass(frozen=True, slots=True)
class Member:
    """One worker of the pool."""

    worker: Worker
    groups: tuple[str, ...]
    answers: int
    last_answer_at: datetime | None
    signs_in: bool  # has made an account
    restrictions: tuple[Restriction, ...]  # in force


def summaries(session: Session, project: Project, *, now: datetime | None = None) -> list[WorkerSummary]:
    """Return everyone who has answered in the project; without `now`, restrictions that ran out count too."""
    counts = dict(_answer_counts(session, project))
    graded = {worker: (n, right) for worker, n, right in _grades(session, project)}
    skills = {row.worker_id: row for row in session.scalars(_skills(project))}
    restricted = {row.worker_id: row for row in session.scalars(_restrictions(project, now))}
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


def members(
    session: Session,
    principal: Principal,
    *,
    group: str | None = None,
    after: str = "",
    limit: int,
    now: datetime,
) -> list[Member]:
    """Return workers by pseudonym, those who have not answered yet included."""
    principal.require_all_projects()
    query = select(Worker).where(Worker.requester_id == principal.requester_id, Worker.pseudonym > after)
    if group is not None:
        query = query.join(GroupMember, GroupMember.worker_id == Worker.id).where(GroupMember.name == group)
    found = session.scalars(query.order_by(Worker.pseudonym).limit(limit)).all()
    return _whole(session, found, now)


def member(session: Session, worker: Worker, *, now: datetime) -> Member:
    """Return one worker of the pool."""
    return _whole(session, [worker], now)[0]


def lines(
    session: Session, principal: Principal, *, names: bool = False, now: datetime
) -> Iterator[dict[str, Any]]:
    """Yield every worker as plain values, by pseudonym; say with `note_names` that names were asked for."""
    after = ""
    while found := members(session, principal, after=after, limit=PAGE, now=now):
        for each in found:
            yield _line(each, names=names)
        after = found[-1].worker.pseudonym


def note_names(session: Session, principal: Principal, *, now: datetime) -> None:
    """Put on record that somebody took the workers' names out."""
    principal.require_all_projects()
    audit.act(session, principal, "workers.export", "workers", details={"names": True}, now=now)


def _line(member: Member, *, names: bool) -> dict[str, Any]:
    worker = member.worker
    return {
        "worker": worker.pseudonym,
        **({"name": worker.name} if names else {}),
        "channel": worker.channel,
        "groups": list(member.groups),
        "answers": member.answers,
        "last_answer_at": member.last_answer_at and member.last_answer_at.isoformat(),
        "restrictions": [restriction.kind for restriction in member.restrictions],
        "joined_at": worker.created_at.isoformat(),
        "erased_at": worker.erased_at and worker.erased_at.isoformat(),
    }


def _whole(session: Session, workers: Sequence[Worker], now: datetime) -> list[Member]:
    ids = [worker.id for worker in workers]
    groups: dict[int, list[str]] = defaultdict(list)
    named = select(GroupMember).where(GroupMember.worker_id.in_(ids)).order_by(GroupMember.name)
    for row in session.scalars(named):
        groups[row.worker_id].append(row.name)
    barred: dict[int, list[Restriction]] = defaultdict(list)
    rows = select(Restriction).where(Restriction.worker_id.in_(ids), in_force(now))
    for restriction in session.scalars(rows.order_by(Restriction.id)):
        barred[restriction.worker_id].append(restriction)
    given = select(Answer.worker_id, func.count(), func.max(Answer.created_at))
    given = given.where(Answer.worker_id.in_(ids)).group_by(Answer.worker_id)
    answers: dict[int, tuple[int, datetime | None]] = {
        worker: (count, last) for worker, count, last in session.execute(given)
    }
    accounts = set(session.scalars(select(Account.worker_id).where(Account.worker_id.in_(ids))))
    return [
        Member(
            worker=worker,
            groups=tuple(groups[worker.id]),
            answers=answers.get(worker.id, (0, None))[0],
            last_answer_at=answers.get(worker.id, (0, None))[1],
            signs_in=worker.id in accounts,
            restrictions=tuple(barred[worker.id]),
        )
        for worker in workers
    ]


def _restrictions(project: Project, now: datetime | None) -> Select[Restriction]:
    scope = or_(Restriction.project_id == project.id, Restriction.project_id.is_(None))
    held = Restriction.lifted_at.is_(None) if now is None else in_force(now)
    return select(Restriction).where(scope, held).order_by(Restriction.id)


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
    query = select(Skill).where(Skill.project_id == project.id, Skill.name == "accuracy")
    return query.order_by(Skill.id)
