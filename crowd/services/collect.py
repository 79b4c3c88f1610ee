"""A claimed page comes back: checked, accepted once, and what cannot be accepted is kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Conflict, Stale
from crowd.models import Assignment, Project, Slot, Worker
from crowd.models.states import advance
from crowd.services import assign, projects, record


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a worker is told about work handed in; a repeat of the same work gets the same receipt."""

    token: str
    answers: int
    amount_micros: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A submission that was kept apart; the edge commits it and then raises the error."""

    error: Conflict | Stale


def submit(
    session: Session,
    worker: Worker,
    token: str,
    *,
    answers: Mapping[str, str],
    seconds: float | None = None,
    now: datetime,
) -> Receipt | Kept:
    """Accept a claimed page, whole and once.

    Repeating the same submission gives the same receipt. One that comes too late, or says something
    else than the one already accepted, is stored as a stray and returned as `Kept`.

    Raises:
        NotFound: the worker holds no such page.
        Unprocessable: a question is missing or unknown, or a value is not in the label set.
    """
    assignment, project = assign.find(session, worker, token)
    label_set = projects.labels(session, project)
    slots = _slots(session, assignment)
    record.check(answers, [f"q{slot.position}" for slot in slots], label_set.labels)
    amount = project.price_micros * len(slots)
    payload = {"answers": dict(answers), "seconds": seconds}
    accepted = advance(
        session,
        Assignment,
        "work",
        ("assigned", "submitted"),
        Assignment.id == assignment.id,
        submitted_at=now,
        submission_digest=record.digest(answers),
        review="accepted",
        payment="due" if amount else "none",
        amount_micros=amount,
    )
    if not accepted:
        return _again(session, project, assignment, payload, now)
    advance(session, Slot, "state", ("leased", "done"), Slot.assignment_id == assignment.id)
    filled = [
        record.Filled(slot.id, slot.item_id, slot.worker_id, slot.assignment_id, answers[f"q{slot.position}"])
        for slot in slots
    ]
    spent = {assignment.id: seconds}
    record.answers(session, project, label_set, filled, channel=worker.channel, seconds=spent, now=now)
    return Receipt(token=token, answers=len(slots), amount_micros=amount, submitted_at=now)


def _again(
    session: Session, project: Project, assignment: Assignment, payload: dict[str, Any], now: datetime
) -> Receipt | Kept:
    """Answer a submission for a page that has already ended: a repeat, a contradiction, or too late."""
    session.refresh(assignment)
    if assignment.work != "submitted":
        record.keep(
            session, project, assignment, reason=f"the page is {assignment.work}", payload=payload, now=now
        )
        return Kept(Stale(f"this page is {assignment.work}; the answers are kept but do not count"))
    if assignment.submission_digest != record.digest(payload["answers"]):
        record.keep(
            session, project, assignment, reason="submitted before otherwise", payload=payload, now=now
        )
        return Kept(Conflict("this page was submitted before with other answers"))
    assert assignment.submitted_at is not None
    return Receipt(
        token=assignment.token,
        answers=len(payload["answers"]),
        amount_micros=assignment.amount_micros,
        submitted_at=assignment.submitted_at,
    )


def _slots(session: Session, assignment: Assignment) -> list[Slot]:
    query = select(Slot).where(Slot.assignment_id == assignment.id).order_by(Slot.position)
    return list(session.scalars(query))
