"""What a requester decides about submitted work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from crowd.models.market import MarketAccount, MarketAssignment, MarketHit
from crowd.services.market import counts, limits, money, notices, settle
from crowd.services.market.refusals import Refused, missing, wrong_status

OVERRIDABLE = timedelta(days=30)
DECIDABLE = ("submitted", "approved", "rejected")
# An id may have been given to others before; the one that is not over is meant.
NAMED = (
    select(MarketAssignment, MarketHit)
    .join(MarketHit, MarketHit.id == MarketAssignment.hit_id)
    .where(
        MarketAssignment.external_id == bindparam("id"),
        MarketHit.account_id == bindparam("account"),
        MarketHit.disposed_at.is_(None),
    )
    .order_by(MarketAssignment.state.in_(("returned", "abandoned")), MarketAssignment.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Work:
    """An assignment and the HIT it is of; the HIT's lock is held where something is to change."""

    assignment: MarketAssignment
    hit: MarketHit


def get(session: Session, account: MarketAccount, assignment_id: str) -> Work:
    """Return work that was submitted; what is still worked on, or was given back, is refused."""
    work = _find(session, account, assignment_id)
    if work.assignment.state not in DECIDABLE:
        raise wrong_status("Assignment", "Reviewable", "Approved", "Rejected")
    return work


def listed(hit: MarketHit, statuses: tuple[str, ...], *, now: datetime) -> Select[MarketAssignment]:
    """Return the query for the submitted work of a HIT, of all statuses where none is named."""
    conditions = {
        "Submitted": counts.is_undecided(now),
        "Approved": counts.is_approved(now),
        "Rejected": MarketAssignment.state == "rejected",
    }
    wanted = or_(*(conditions[status] for status in statuses or conditions))
    return select(MarketAssignment).where(MarketAssignment.hit_id == hit.id, wanted)


def approve(
    session: Session,
    account: MarketAccount,
    assignment_id: str,
    *,
    feedback: str | None = None,
    overrides: bool = False,
    now: datetime,
) -> Work:
    """Approve submitted work and pay it; with `overrides` also work that was rejected."""
    work = _guarded(session, account, assignment_id, now)
    if overrides and work.assignment.state == "rejected":
        _check_override(work.assignment, now)
        more = money.ahead(work.hit, settle.price(session, work.hit))
        money.adjust(session, work.hit, work.hit.held_micros + more, now=now)
    elif work.assignment.state != "submitted":
        raise wrong_status("Assignment", "Submitted")
    _note(work.assignment, feedback)
    settle.approve(session, work.hit, work.assignment, at=now)
    settle.conclude(session, work.hit, now=now)
    return work


def reject(
    session: Session, account: MarketAccount, assignment_id: str, *, feedback: str, now: datetime
) -> Work:
    """Reject submitted work, with a reason; the money held for it is released."""
    limits.text("RequesterFeedback", feedback.strip(), limits.FEEDBACK, shortest=1)
    work = _guarded(session, account, assignment_id, now)
    if work.assignment.state != "submitted":
        raise wrong_status("Assignment", "Submitted")
    turn_down(session, work, feedback=feedback, now=now)
    settle.conclude(session, work.hit, now=now)
    return work


def turn_down(session: Session, work: Work, *, feedback: str, now: datetime) -> None:
    """Mark work as rejected; whoever calls holds the HIT's lock and concludes it."""
    work.assignment.state, work.assignment.feedback = "rejected", feedback
    work.assignment.decided_at = work.assignment.rejected_at = now
    notices.emit(session, work.hit, "AssignmentRejected", assignment=work.assignment, now=now)


def _check_override(assignment: MarketAssignment, now: datetime) -> None:
    if assignment.submitted_at is None or now - assignment.submitted_at > OVERRIDABLE:
        raise Refused(
            f"Assignment {assignment.external_id} was submitted more than {OVERRIDABLE.days} days ago; its "
            "rejection cannot be overridden any more.",
            "InvalidAssignmentState",
        )


def _note(assignment: MarketAssignment, feedback: str | None) -> None:
    if feedback is not None:
        assignment.feedback = limits.text("RequesterFeedback", feedback, limits.FEEDBACK)


def _guarded(session: Session, account: MarketAccount, assignment_id: str, now: datetime) -> Work:
    found = _find(session, account, assignment_id)
    settle.guard(session, found.hit.id, now=now)
    # What we saw of them before we had the lock may be over.
    session.refresh(found.assignment)
    if found.hit.disposed_at is not None:
        raise missing("Assignment", assignment_id)
    return found


def _find(session: Session, account: MarketAccount, assignment_id: str) -> Work:
    row = session.execute(NAMED, {"account": account.id, "id": assignment_id}).first()
    if row is None:
        raise missing("Assignment", assignment_id)
    return Work(*row)
