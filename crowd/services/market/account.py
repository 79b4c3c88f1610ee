"""Who meets in the market: a requester's account, and workers under the ids that programs know."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Requester, Worker
from crowd.models.market import MarketAccount, MarketPerson
from crowd.services import locks
from crowd.services.market import ids
from crowd.services.market.profile import PLAIN, Profile


def account(
    session: Session, requester: Requester, *, now: datetime, profile: Profile = PLAIN
) -> MarketAccount:
    """Return the requester's account, made at first use."""
    query = select(MarketAccount).where(MarketAccount.requester_id == requester.id)
    found = session.scalar(query)
    if found is not None:
        return found
    locks.name(session, f"market account:{requester.id}")
    found = session.scalar(query)
    if found is None:
        found = MarketAccount(
            requester_id=requester.id, external_id=ids.person(), play=profile.is_play, created_at=now
        )
        session.add(found)
        session.flush()
    return found


def person(session: Session, worker: Worker) -> str:
    """Return the id by which programs know a worker, made at first use."""
    found = session.get(MarketPerson, worker.id)
    if found is not None:
        return found.external_id
    locks.name(session, f"market person:{worker.id}")
    # Whoever held the lock may have made it since.
    found = session.get(MarketPerson, worker.id, populate_existing=True)
    if found is None:
        found = MarketPerson(worker_id=worker.id, external_id=ids.person())
        session.add(found)
        session.flush()
    return found.external_id


def persons(session: Session, worker_ids: Collection[int]) -> dict[int, str]:
    """Return the ids by which programs know these workers; those who never were in the market have none."""
    columns = select(MarketPerson.worker_id, MarketPerson.external_id)
    return {
        worker_id: external_id
        for some in chunks(sorted(worker_ids))
        for worker_id, external_id in session.execute(columns.where(MarketPerson.worker_id.in_(some)))
    }


def worker_of(session: Session, account: MarketAccount, worker_id: str) -> Worker | None:
    """Return the account's worker under this id; another requester's worker looks like none."""
    return session.scalar(
        select(Worker)
        .join(MarketPerson, MarketPerson.worker_id == Worker.id)
        .where(MarketPerson.external_id == worker_id, Worker.requester_id == account.requester_id)
    )
