"""A worker whom programs know is forgotten: they have another id from now on, and their work stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from crowd.models import Worker
from crowd.models.market import MarketAccount, MarketPerson, Notice
from crowd.services.market import ids


def forget(session: Session, worker: Worker) -> int:
    """Give a worker a new id, and take the old one out of what programs were told; return how often."""
    person = session.get(MarketPerson, worker.id)
    if person is None:
        return 0
    old, person.external_id = person.external_id, ids.person()
    told = (
        select(Notice)
        .join(MarketAccount, MarketAccount.id == Notice.account_id)
        .where(MarketAccount.requester_id == worker.requester_id)
        .where(cast(Notice.events, Text).contains(f'"{old}"', autoescape=True))
        .order_by(Notice.id)
    )
    changed = session.scalars(told).all()
    for notice in changed:
        notice.events = [_without(event, old) for event in notice.events]
    session.flush()
    return 1 + len(changed)


def _without(event: dict[str, Any], worker_id: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if (name, value) != ("WorkerId", worker_id)}
