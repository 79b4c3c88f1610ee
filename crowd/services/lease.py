"""The right to act: one process holds it for a term, and a later term ends every earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.models import Lease, Tick
from crowd.services import locks


@dataclass(frozen=True, slots=True)
class Term:
    """One holding of a lease; its number is higher than that of any holding before."""

    name: str
    holder: str
    number: int


def acquire(session: Session, *, name: str, holder: str, seconds: int, now: datetime) -> Term | None:
    """Take a lease that is free or has run out, or extend our own; None while another holds it."""
    locks.name(session, f"lease:{name}")
    lease = session.get(Lease, name, populate_existing=True)
    until = now + timedelta(seconds=seconds)
    if lease is None:
        session.add(Lease(name=name, holder=holder, term=1, until=until))
        return Term(name, holder, 1)
    if lease.until <= now:
        lease.holder, lease.term = holder, lease.term + 1
    elif lease.holder != holder:
        return None
    lease.until = until
    return Term(name, holder, lease.term)


def resign(session: Session, term: Term, *, now: datetime) -> None:
    """Let the next one in at once, unless the term has already ended."""
    lease = _held(session, term)
    if lease is not None:
        lease.until = now


def take(session: Session, term: Term, *, job: str, period: int, now: datetime) -> bool:
    """Take one period of a job, once ever; False where that is done, or where the term has ended.

    The lease stays locked until the transaction ends, so whatever else it does is done within the term.
    """
    lease = _held(session, term)
    if lease is None or lease.until <= now:
        return False
    if session.scalar(select(Tick.id).where(Tick.job == job, Tick.period == period)) is not None:
        return False
    session.add(Tick(job=job, period=period, term=term.number, created_at=now))
    session.flush()
    return True


def _held(session: Session, term: Term) -> Lease | None:
    query = select(Lease).where(Lease.name == term.name).with_for_update()
    lease = session.scalars(query, execution_options={"populate_existing": True}).first()
    return lease if lease and (lease.holder, lease.term) == (term.holder, term.number) else None
