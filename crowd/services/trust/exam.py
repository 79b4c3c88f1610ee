"""Suspended, then ten questions of gold: who fails them is banned, who passes comes back.

The pages of an exam look and pay like any other. What counts is the gold of slots made after the suspension,
so that its outcome depends on stored rows only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from crowd.models import Answer, Gold, Grade, Project, Restriction, Slot, Worker
from crowd.models.conditions import in_force
from crowd.services import audit, roster
from qc.spam import EXAM

ASKED = ("leased", "done", "void")
PASSED, FAILED = "passed", "failed"


def begin(
    session: Session,
    project: Project,
    worker: Worker,
    *,
    reason: str,
    facts: dict[str, Any],
    actor: str,
    now: datetime,
) -> Restriction:
    """Suspend a worker until an exam is over; where they have seen all gold, until a person decides."""
    restriction = roster.restrict(
        session,
        worker,
        project=project,
        kind="suspended",
        reason=reason,
        facts=facts,
        actor=actor,
        now=now,
    )
    if unseen(session, project, worker):
        restriction.exam_after = session.scalar(select(func.max(Slot.id))) or 0
    session.flush()
    return restriction


def running(
    session: Session, project: Project, worker_ids: Sequence[int] | None = None, *, now: datetime
) -> dict[int, Restriction]:
    """Return the suspensions that an exam will end, by worker."""
    query = select(Restriction).where(
        Restriction.project_id == project.id, Restriction.exam_after.is_not(None), in_force(now)
    )
    if worker_ids is not None:
        query = query.where(Restriction.worker_id.in_(worker_ids))
    return {row.worker_id: row for row in session.scalars(query.order_by(Restriction.id))}


def wanted(session: Session, project: Project, worker: Worker, *, now: datetime) -> int:
    """Return how many questions of the exam are still to be asked."""
    held = running(session, project, [worker.id], now=now).get(worker.id)
    if held is None:
        return 0
    asked = select(func.count()).where(_in_exam(held), Slot.state.in_(ASKED))
    return max(0, EXAM - (session.scalar(asked) or 0))


def answered(session: Session, held: Restriction) -> tuple[int, int]:
    """Return how many answers of an exam are right, and how many are graded, by the gold in force."""
    query = (
        select(func.count().filter(Grade.correct), func.count())
        .select_from(Grade)
        .join(Gold, Gold.id == Grade.gold_id)
        .join(Answer, Answer.id == Grade.answer_id)
        .join(Slot, Slot.id == Answer.slot_id)
        .where(_in_exam(held), Gold.retired_at.is_(None))
    )
    right, graded = session.execute(query).one()
    return right, graded


def unseen(session: Session, project: Project, worker: Worker) -> int:
    """Count the gold this worker has not seen."""
    seen = select(Slot.item_id).where(Slot.worker_id == worker.id, Slot.state.in_((*ASKED, "skipped")))
    query = select(func.count()).where(
        Gold.project_id == project.id, Gold.retired_at.is_(None), Gold.use == "hidden"
    )
    return session.scalar(query.where(Gold.item_id.not_in(seen))) or 0


def close(
    session: Session,
    project: Project,
    worker: Worker,
    held: Restriction,
    outcome: str,
    *,
    facts: dict[str, Any],
    actor: str,
    now: datetime,
) -> None:
    """End an exam and the suspension with it; what it showed stays with the suspension's facts."""
    held.lifted_at = now
    held.facts = {**held.facts, "exam": {"outcome": outcome, **facts}}
    audit.record(
        session,
        requester_id=project.requester_id,
        project_id=project.id,
        actor=actor,
        action=f"worker.exam_{outcome}",
        subject=f"worker:{worker.pseudonym}",
        details={"restriction": held.id, **facts},
        now=now,
    )
    session.flush()


def has_passed(restriction: Restriction) -> bool:
    """Tell whether an exam ended this, so that its worker is watched like any other again."""
    return bool(restriction.facts.get("exam", {}).get("outcome") == PASSED)


def _in_exam(held: Restriction) -> ColumnElement[bool]:
    return and_(
        Slot.project_id == held.project_id,
        Slot.worker_id == held.worker_id,
        Slot.gold_id.is_not(None),
        Slot.id > held.exam_after,
    )
