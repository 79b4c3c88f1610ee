"""Verdicts at an endpoint: work is approved, rejected, approved after all, and what follows in our books."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Caller, Reply
from crowd.channels.mturk.errors import CallError, WrongStatus
from crowd.db import chunks
from crowd.errors import Conflict, bad_input
from crowd.models import Assignment, Hit, OutboxEntry, Project
from crowd.models.states import advance
from crowd.services import audit, pay
from crowd.services.mturk import ahead, outbox
from crowd.services.mturk.outbox import Effect

APPROVE = "ApproveAssignment"
REJECT = "RejectAssignment"
LONGEST = 1024  # characters of what a rejected worker is told
OVERRIDE_DAYS = 30
ENDPOINT = "system:endpoint"
# What the protocol allows nowhere in what workers are told.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def approve(session: Session, project: Project, pages: Sequence[Assignment], *, now: datetime) -> None:
    """Plan that these assignments are approved, and so paid."""
    _plan(session, project, APPROVE, {_subject(page): (page, {}) for page in pages}, now)


def reject(
    session: Session, project: Project, pages: Sequence[Assignment], reason: str, *, now: datetime
) -> None:
    """Plan that these assignments are rejected; the workers are told why."""
    words = {"RequesterFeedback": feedback(reason)}
    _plan(session, project, REJECT, {_subject(page): (page, words) for page in pages}, now)


def override(session: Session, project: Project, pages: Sequence[Assignment], *, now: datetime) -> None:
    """Plan that rejected assignments are approved after all: their money is set aside anew.

    Raises:
        Conflict: the rejection has not reached the endpoint yet, or was handed in over 30 days ago.
    """
    for page, hit in _with_hits(session, pages):
        if _state(session, page, REJECT) != "done":
            raise Conflict(f"the rejection of page {page.id} is not at the endpoint yet: collect first")
        if page.submitted_at is None or now - page.submitted_at > timedelta(days=OVERRIDE_DAYS):
            raise Conflict(f"page {page.id} was handed in more than {OVERRIDE_DAYS} days ago")
        pay.reserve(session, project.id, _whole(page, hit), key=f"overturned:{page.id}", now=now)
        again = {f"override:{page.id}": (page, {"OverrideRejection": True})}
        _plan(session, project, APPROVE, again, now)


def feedback(reason: str) -> str:
    """Return a reason as the protocol takes it.

    Raises:
        Unprocessable: it is empty.
    """
    words = CONTROLS.sub(" ", reason).strip()[:LONGEST]
    if not words:
        raise bad_input("reason", "is needed for a rejection: the worker is told")
    return words


def learn(session: Session, project: Project, page: Assignment, status: str, *, now: datetime) -> bool:
    """Record what the endpoint decided without us: by itself once the time was over, or for another program.

    False where the books say so already, or where a call of ours is under way, which will find out.
    """
    if status not in ("Approved", "Rejected") or page.review != "pending":
        return False
    if status == "Approved":
        advance(session, Assignment, "review", ("pending", "accepted"), Assignment.id == page.id)
        _pay(session, project, page, now)
    else:
        advance(session, Assignment, "review", ("pending", "rejected"), Assignment.id == page.id)
        _free(session, project, page, now)
    _note(session, project, page, f"assignment.{status.lower()}", {"by": "endpoint"}, now)
    return True


def _approved(session: Session, entry: OutboxEntry, reply: Reply, now: datetime) -> None:
    project, page = _of(session, entry)
    _pay(session, project, page, now)
    if reply.get("is_auto"):
        _note(session, project, page, "assignment.approved", {"by": "endpoint"}, now)


def _rejected(session: Session, entry: OutboxEntry, reply: Reply, now: datetime) -> None:
    """Give the money back; where the endpoint was faster and has paid, the verdict is `too_late`."""
    project, page = _of(session, entry)
    if not reply.get("too_late"):
        _free(session, project, page, now)
        return
    advance(session, Assignment, "review", ("rejected", "overturned"), Assignment.id == page.id)
    _pay(session, project, page, now)
    _note(session, project, page, "assignment.too_late", {"wanted": "rejected"}, now)


def _is_approved(caller: Caller, entry: OutboxEntry, _error: CallError | None) -> Reply | None:
    """Ask what an assignment is: an approval that was lost on its way back, or was not ours, is one too."""
    found = _look(caller, entry)
    if found is None or found["AssignmentStatus"] != "Approved":
        return None
    auto, at = found.get("AutoApprovalTime"), found.get("ApprovalTime")
    return {"is_auto": bool(auto and at and at >= auto)}


def _is_rejected(caller: Caller, entry: OutboxEntry, _error: CallError | None) -> Reply | None:
    found = _look(caller, entry)
    if found is None or found["AssignmentStatus"] == "Submitted":
        return None
    return {"too_late": True} if found["AssignmentStatus"] == "Approved" else {}


def _look(caller: Caller, entry: OutboxEntry) -> dict[str, Any] | None:
    try:
        reply = caller.call("GetAssignment", AssignmentId=entry.parameters["AssignmentId"])
    except WrongStatus:
        return None
    found: dict[str, Any] = reply["Assignment"]
    return found


def _refused(session: Session, entry: OutboxEntry, error: CallError, now: datetime) -> None:
    """Leave the money where it is: somebody has to look at it."""
    project, page = _of(session, entry)
    _note(session, project, page, "assignment.refused", {"call": entry.operation, "error": error.text}, now)


def _pay(session: Session, project: Project, page: Assignment, now: datetime) -> None:
    """Post what an approval costs, its fee apart; paid once, whoever hears of it first."""
    hit = session.get_one(Hit, page.hit_id)
    if not advance(session, Assignment, "payment", ("none", "due"), Assignment.id == page.id):
        return
    advance(session, Assignment, "payment", ("due", "paid"), Assignment.id == page.id)
    amounts = {f"assignment:{page.id}": page.amount_micros, f"fee:{page.id}": hit.fee_micros}
    pay.post(session, project.id, amounts, now=now)


def _free(session: Session, project: Project, page: Assignment, now: datetime) -> None:
    hit = session.get_one(Hit, page.hit_id)
    pay.void(session, project.id, _whole(page, hit), key=f"rejected:{page.id}", now=now)


def _whole(page: Assignment, hit: Hit) -> int:
    return page.amount_micros + hit.fee_micros


def _with_hits(session: Session, pages: Sequence[Assignment]) -> list[tuple[Assignment, Hit]]:
    return [(page, session.get_one(Hit, page.hit_id)) for page in pages]


def _plan(
    session: Session,
    project: Project,
    operation: str,
    wanted: Mapping[str, tuple[Assignment, Mapping[str, Any]]],
    now: datetime,
) -> None:
    """Plan one call for each subject that has none; to the endpoint its HIT was made at."""
    endpoints = _endpoints(session, [page for page, _ in wanted.values()])
    calls: dict[str, dict[str, tuple[dict[str, Any], int]]] = defaultdict(dict)
    for subject in wanted.keys() - _planned(session, project, operation, sorted(wanted)):
        page, more = wanted[subject]
        calls[endpoints[page.hit_id]][subject] = {"AssignmentId": page.external_id, **more}, 0
    for endpoint, some in calls.items():
        in_order = dict(sorted(some.items(), key=lambda each: wanted[each[0]][0].id))
        outbox.plan_all(session, project, operation, in_order, endpoint=endpoint, now=now)


def _endpoints(session: Session, pages: Sequence[Assignment]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in chunks(sorted({page.hit_id for page in pages})):
        query = select(Hit.id, Hit.endpoint).where(Hit.id.in_(some))
        found |= {hit_id: endpoint for hit_id, endpoint in session.execute(query) if endpoint}
    return found


def _planned(session: Session, project: Project, operation: str, subjects: Sequence[str]) -> set[str]:
    known = select(OutboxEntry.subject).where(
        OutboxEntry.project_id == project.id, OutboxEntry.operation == operation
    )
    return {
        subject
        for some in chunks(subjects)
        for subject in session.scalars(known.where(OutboxEntry.subject.in_(some)))
    }


def _subject(page: Assignment) -> str:
    return f"assignment:{page.id}"


def _state(session: Session, page: Assignment, operation: str) -> str | None:
    query = select(OutboxEntry.state).where(
        OutboxEntry.project_id == page.project_id,
        OutboxEntry.operation == operation,
        OutboxEntry.subject == _subject(page),
    )
    return session.scalar(query)


def _of(session: Session, entry: OutboxEntry) -> tuple[Project, Assignment]:
    number = int(entry.subject.partition(":")[2])
    return session.get_one(Project, entry.project_id), session.get_one(Assignment, number)


def _note(
    session: Session, project: Project, page: Assignment, action: str, details: dict[str, Any], now: datetime
) -> None:
    audit.record(
        session,
        requester_id=project.requester_id,
        project_id=project.id,
        actor=ENDPOINT,
        action=action,
        subject=f"assignment:{page.id}",
        details=details,
        now=now,
    )


EFFECTS = {
    APPROVE: Effect(done=_approved, confirm=_is_approved, refused=_refused, recall=ahead.assignments),
    REJECT: Effect(done=_rejected, confirm=_is_rejected, refused=_refused, recall=ahead.assignments),
}
