"""How far a HIT is: its assignments counted and its status told, as they are at a moment.

What time alone brings about (a deadline, an approval) counts from that moment, stored or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Session

from crowd.models.market import MarketAssignment, MarketHit
from crowd.services import plain
from crowd.services.plain import Sql


@dataclass(frozen=True, slots=True)
class Counts:
    """A HIT's assignments: being worked on, waiting for a decision, decided."""

    pending: int = 0
    undecided: int = 0
    completed: int = 0

    @property
    def taken(self) -> int:
        """How many places are not free."""
        return self.pending + self.undecided + self.completed


NONE = Counts()


_OF = """
    SELECT hit_id,
        count(*) FILTER (WHERE state = 'accepted' AND deadline > :now),
        count(*) FILTER (WHERE state = 'submitted' AND auto_approve_at > :now),
        count(*) FILTER (WHERE state IN ('approved', 'rejected')
            OR state = 'submitted' AND auto_approve_at <= :now)
    FROM market_assignment WHERE hit_id {among} GROUP BY hit_id
"""
OF = Sql(
    sqlite=_OF.format(among="IN (SELECT value FROM json_each(:hits))"),
    postgresql=_OF.format(among="= ANY(CAST(:hits AS bigint[]))"),
)


def of(session: Session, hit_ids: Sequence[int], *, now: datetime) -> dict[int, Counts]:
    """Count the assignments of these HITs; one without any is not in the result."""
    rows = OF(session, hits=plain.listed(session, list(hit_ids)), now=plain.moment(session, now))
    return {hit_id: Counts(pending, undecided, completed) for hit_id, pending, undecided, completed in rows}


def is_pending(now: datetime) -> ColumnElement[bool]:
    """Return the condition for being worked on."""
    return and_(MarketAssignment.state == "accepted", MarketAssignment.deadline > now)


def is_undecided(now: datetime) -> ColumnElement[bool]:
    """Return the condition for waiting for a decision."""
    return and_(MarketAssignment.state == "submitted", MarketAssignment.auto_approve_at > now)


def is_approved(now: datetime) -> ColumnElement[bool]:
    """Return the condition for being approved, by whomever or by time."""
    by_time = and_(MarketAssignment.state == "submitted", MarketAssignment.auto_approve_at <= now)
    return or_(MarketAssignment.state == "approved", by_time)


def is_expired(hit: MarketHit, *, now: datetime) -> bool:
    """Tell whether a HIT takes no more workers."""
    return hit.expires_at <= now


def available(hit: MarketHit, counts: Counts, *, now: datetime) -> int:
    """Return how many workers may still accept."""
    return 0 if is_expired(hit, now=now) else hit.max_assignments - counts.taken


def is_over(hit: MarketHit, counts: Counts, *, now: datetime) -> bool:
    """Tell whether nobody works on a HIT and nobody will."""
    return counts.pending == 0 and available(hit, counts, now=now) == 0


def status(hit: MarketHit, counts: Counts, *, now: datetime) -> str:
    """Return the HITStatus."""
    if hit.disposed_at is not None:
        return "Disposed"
    if available(hit, counts, now=now):
        return "Assignable"
    if counts.pending:
        return "Unassignable"
    return "Reviewing" if hit.is_reviewing else "Reviewable"
