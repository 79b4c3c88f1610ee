"""Whom a requester keeps out of all HITs of programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, delete, select
from sqlalchemy.orm import Session

from crowd.models import Restriction, Worker
from crowd.models.conditions import in_force
from crowd.models.market import MarketAccount, WorkerBlock
from crowd.services import locks
from crowd.services.market import limits


def block(
    session: Session, account: MarketAccount, worker: Worker, *, reason: str, now: datetime
) -> WorkerBlock:
    """Keep a worker out from now on; for one who is out already the new reason holds."""
    if not reason.strip():
        raise limits.invalid("Reason must not be empty.")
    locks.name(session, f"block:{account.id}:{worker.id}")
    found = of(session, account, worker)
    if found is None:
        found = WorkerBlock(account_id=account.id, worker_id=worker.id, reason=reason, created_at=now)
        session.add(found)
    found.reason = reason
    session.flush()
    return found


def lift(session: Session, account: MarketAccount, worker: Worker) -> bool:
    """Let a worker in again; False where nothing kept them out."""
    statement = delete(WorkerBlock).where(
        WorkerBlock.account_id == account.id, WorkerBlock.worker_id == worker.id
    )
    return cast("CursorResult[Any]", session.execute(statement)).rowcount > 0


def of(session: Session, account: MarketAccount, worker: Worker) -> WorkerBlock | None:
    """Return what keeps this worker out, if anything does."""
    return session.scalar(
        select(WorkerBlock).where(WorkerBlock.account_id == account.id, WorkerBlock.worker_id == worker.id)
    )


def listed(account: MarketAccount) -> Select[WorkerBlock]:
    """Return the query for all whom an account keeps out."""
    return select(WorkerBlock).where(WorkerBlock.account_id == account.id)


def barred(session: Session, account: MarketAccount, worker: Worker, *, now: datetime) -> str | None:
    """Say why a worker may do nothing for this account, as they may read it; None where they may."""
    if worker.requester_id != account.requester_id or worker.erased_at is not None:
        return "this work is not open to you"
    if of(session, account, worker) is not None:
        return "the requester does not take work from you"
    everywhere = Restriction.project_id.is_(None)
    query = select(Restriction.kind).where(Restriction.worker_id == worker.id, everywhere, in_force(now))
    kind = session.scalar(query.limit(1))
    return f"you are {kind} in all projects" if kind else None
