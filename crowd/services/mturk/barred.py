"""Whoever is kept out of a project is offered no more of it at its endpoint, until they may come back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels.mturk.posting import CHANNEL
from crowd.db import chunks
from crowd.models import Assignment, Hit, OutboxEntry, Project, Restriction, Worker
from crowd.services.mturk import outbox, own, people
from crowd.services.people import eligibility

CAUSE = "barred"


def mark(session: Session, project: Project, *, now: datetime) -> int:
    """Plan that the endpoint learns who is kept out now and who no longer is; return how many calls.

    Nothing is planned about a worker while an earlier call about them is under way: calls do not arrive in
    the order in which they were planned, and the last one has to be the one that is meant.
    """
    qualification = own.posting(session, project).barred
    if not qualification:
        return 0
    kept_out, told = _kept_out(session, project, now), _told(session, project, qualification)
    planned = 0
    for worker in _workers(session, project, {*kept_out, *told}):
        calls = told.get(worker.id, [])
        is_marked = bool(calls) and calls[-1].operation == people.GRANT
        is_under_way = bool(calls) and calls[-1].state not in outbox.ENDED
        if is_under_way or is_marked == (worker.id in kept_out):
            continue
        cause = f"{CAUSE}:{len(calls)}"
        if is_marked:
            people.withdraw(session, project, worker, qualification, cause=cause, now=now)
        else:
            people.grant(session, project, worker, qualification, 1, cause=cause, now=now)
        planned += 1
    return planned


def _kept_out(session: Session, project: Project, now: datetime) -> set[int]:
    """Return who is paused, suspended or banned, but for those who sit an exam: they are still asked."""
    query = select(Restriction.worker_id).join(Worker, Worker.id == Restriction.worker_id)
    query = query.where(Worker.requester_id == project.requester_id, Worker.channel == CHANNEL)
    return set(session.scalars(query.where(eligibility.keeps_out(project.id, now))))


def _told(session: Session, project: Project, qualification: str) -> dict[int, list[OutboxEntry]]:
    """Return what the endpoint was told of each worker, the newest call last."""
    query = select(OutboxEntry).where(
        OutboxEntry.project_id == project.id,
        OutboxEntry.operation.in_((people.GRANT, people.WITHDRAW)),
        OutboxEntry.subject.startswith(f"{qualification}:", autoescape=True),
        OutboxEntry.subject.contains(f":{CAUSE}:", autoescape=True),
    )
    told: dict[int, list[OutboxEntry]] = {}
    for entry in session.scalars(query.order_by(OutboxEntry.id)):
        told.setdefault(int(entry.subject.split(":")[1]), []).append(entry)
    return told


def _workers(session: Session, project: Project, ids: Collection[int]) -> list[Worker]:
    """Return those whom the project's endpoint knows: another's ids are never sent there."""
    seen = select(Assignment.worker_id).join(Hit, Hit.id == Assignment.hit_id)
    seen = seen.where(Hit.endpoint == project.endpoint)
    query = select(Worker).where(Worker.erased_at.is_(None), Worker.id.in_(seen))
    return [
        worker for some in chunks(sorted(ids)) for worker in session.scalars(query.where(Worker.id.in_(some)))
    ]
