"""What time brings about on a HIT, written down: deadlines, approvals, the end of its life.

A HIT's row guards its assignments and the money it holds: whoever changes them locks it first, by id, and
the account's row comes last. Reading needs none of this, see `counts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session

from crowd.models.base import UtcDateTime
from crowd.models.market import MarketAssignment, MarketHit
from crowd.services.market import counts, hit_types, money, notices
from crowd.services.market.counts import Counts
from crowd.services.market.refusals import Refused

log = structlog.get_logger("crowd.market")

Moment = datetime | BindParameter[datetime]

EXPIRED, REVIEWABLE = "HITExpired", "HITReviewable"
UNPAID = timedelta(hours=1)  # until an approval is tried again that the account could not pay
KEPT = timedelta(days=120)  # from its expiration until a HIT of which all is decided disposes of itself


def guard(session: Session, hit_id: int, *, now: datetime) -> MarketHit:
    """Return a HIT that nobody else changes until the transaction ends, as it is at this moment."""
    hit = session.scalars(LOCKED, {"id": hit_id}, execution_options=ANEW).one()
    if hit.disposed_at is None:
        overdue = _due(session, hit, now)
        # Whoever changed anything else of a HIT has concluded it.
        if overdue or (hit.expires_at <= now and (EXPIRED not in hit.told or hit.expires_at + KEPT <= now)):
            _settle(session, hit, overdue, now)
    return hit


def settle(session: Session, hit: MarketHit, *, now: datetime) -> Counts:
    """Do what is due on a HIT whose lock is held; return how far it is."""
    return _settle(session, hit, _due(session, hit, now), now)


def _settle(session: Session, hit: MarketHit, overdue: Sequence[MarketAssignment], now: datetime) -> Counts:
    for assignment in overdue:
        if assignment.state == "accepted":
            give_back(session, hit, assignment, "abandoned", now=now)
        else:
            _approve_by_time(session, hit, assignment, now)
    done = conclude(session, hit, now=now)
    if hit.expires_at + KEPT <= now and not done.pending + done.undecided:
        dispose(session, hit, now=now)
    return done


def conclude(session: Session, hit: MarketHit, *, now: datetime) -> Counts:
    """Say what a HIT has come to, and let it hold the money it still needs; return how far it is."""
    session.flush()
    done = counts.of(session, [hit.id], now=now).get(hit.id, counts.NONE)
    is_over = counts.is_over(hit, done, now=now)
    _tell(session, hit, EXPIRED, holds=counts.is_expired(hit, now=now), now=now)
    _tell(session, hit, REVIEWABLE, holds=is_over, now=now)
    wanted = done.undecided if is_over else hit.max_assignments - done.completed
    money.adjust(session, hit, money.ahead(hit, wanted * price(session, hit)), now=now)
    return done


def give_back(
    session: Session, hit: MarketHit, assignment: MarketAssignment, state: str, *, now: datetime
) -> None:
    """End an assignment without work: its place is free again."""
    assignment.state = state
    hit.open += 1
    notices.emit(session, hit, f"Assignment{state.capitalize()}", assignment=assignment, now=now)


def approve(
    session: Session,
    hit: MarketHit,
    assignment: MarketAssignment,
    *,
    at: datetime,
    is_automatic: bool = False,
) -> None:
    """Approve an assignment and pay it, out of what its HIT holds or else of the account."""
    if not hit.is_prepaid:
        money.adjust(session, hit, hit.held_micros + price(session, hit), now=at)
    assignment.state, assignment.decided_at, assignment.is_automatic = "approved", at, is_automatic
    money.pay_assignment(
        session, hit, assignment, hit_types.of(session, hit.hit_type_id).reward_micros, now=at
    )
    notices.emit(session, hit, "AssignmentApproved", assignment=assignment, now=at)


def _approve_by_time(session: Session, hit: MarketHit, assignment: MarketAssignment, now: datetime) -> None:
    """Approve what nobody has decided in time; where the account cannot pay it yet, it is tried again."""
    try:
        approve(session, hit, assignment, at=assignment.auto_approve_at or now, is_automatic=True)
    except Refused as error:
        log.warning("not approved", assignment=assignment.external_id, error=error.message)
        assignment.auto_approve_at = now + UNPAID


def price(session: Session, hit: MarketHit) -> int:
    """Return what one assignment of a HIT costs, fee included."""
    return hit_types.of(session, hit.hit_type_id).reward_micros + hit.fee_micros


def dispose(session: Session, hit: MarketHit, *, now: datetime) -> None:
    """End a HIT for good; it gives back what it holds."""
    hit.disposed_at = now
    money.adjust(session, hit, 0, now=now)
    notices.emit(session, hit, "HITDisposed", now=now)


def due(session: Session, *, now: datetime, limit: int) -> Sequence[int]:
    """Return the ids of HITs on which something is due, lowest first."""
    assigned = select(MarketAssignment.hit_id)
    overdue, unjudged = (assigned.where(each) for each in _due_by(now))
    told = cast(MarketHit.told, Text).contains(f'"{EXPIRED}"')
    live = select(MarketHit.id).where(MarketHit.disposed_at.is_(None))
    expired = live.where(MarketHit.expires_at <= now, ~told)
    forgotten = live.where(MarketHit.expires_at <= now - KEPT, ~_is_undone())
    waiting = union(overdue, unjudged, expired, forgotten).subquery()
    return session.scalars(select(waiting).order_by(*waiting.c).limit(limit)).all()


def lock(session: Session, hit_ids: Sequence[int]) -> None:
    """Let nobody else change these HITs until the transaction ends."""
    query = select(MarketHit.id).where(MarketHit.id.in_(hit_ids)).order_by(MarketHit.id)
    session.execute(query.with_for_update(key_share=True)).all()


def _is_undone() -> ColumnElement[bool]:
    """Return the condition for HITs with assignments that somebody works on, or has yet to decide."""
    undone = MarketAssignment.state.in_(("accepted", "submitted"))
    return exists().where(MarketAssignment.hit_id == MarketHit.id, undone)


def _due(session: Session, hit: MarketHit, now: datetime) -> Sequence[MarketAssignment]:
    return session.scalars(DUE, {"id": hit.id, "now": now}, execution_options=ANEW).all()


def _tell(session: Session, hit: MarketHit, event: str, *, holds: bool, now: datetime) -> None:
    """Tell once that an event has come about, and again only after it had ceased to hold."""
    if holds == (event in hit.told):
        return
    hit.told = [each for each in hit.told if each != event] + ([event] if holds else [])
    if holds:
        notices.emit(session, hit, event, now=now)


def _due_by(now: Moment) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions for what ran out of time and what time approves, as the indexes have them."""
    accepted = MarketAssignment.state == literal_column("'accepted'")
    submitted = MarketAssignment.state == literal_column("'submitted'")
    return (
        and_(accepted, MarketAssignment.deadline <= now),
        and_(submitted, MarketAssignment.auto_approve_at <= now),
    )


# Built once: every call that changes a HIT begins with them.
ANEW = {"populate_existing": True}
LOCKED = select(MarketHit).where(MarketHit.id == bindparam("id")).with_for_update(key_share=True)
DUE = (
    select(MarketAssignment)
    .where(MarketAssignment.hit_id == bindparam("id"), or_(*_due_by(bindparam("now", type_=UtcDateTime()))))
    .order_by(MarketAssignment.id)
)
