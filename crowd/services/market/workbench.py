"""What a worker's own pages show of programs' HITs: what is offered, held, and what became of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crowd.errors import Forbidden, NotFound
from crowd.models import Worker
from crowd.models.market import (
    HitType,
    MarketAccount,
    MarketAssignment,
    MarketBonus,
    MarketHit,
    QualificationRequest,
    QualificationType,
)
from crowd.services.market import account as accounts
from crowd.services.market import qualifications, requests, work
from crowd.services.market.requirements import Action

STATES = {
    "accepted": "yours to do",
    "returned": "given back",
    "abandoned": "time ran out",
    "submitted": "waiting for its requester",
    "approved": "approved",
    "rejected": "not accepted",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One assignment of a worker, with the HIT it is of."""

    assignment: MarketAssignment
    hit: MarketHit
    hit_type: HitType
    bonus_micros: int = 0

    def state(self, now: datetime) -> str:
        """Return the state as it is at a moment, whether or not it was written down since."""
        held = self.assignment
        if held.state == "accepted" and held.deadline <= now:
            return "abandoned"
        if held.state == "submitted" and held.auto_approve_at is not None and held.auto_approve_at <= now:
            return "approved"
        return held.state


@dataclass(frozen=True, slots=True)
class Group:
    """HITs of one type, and what keeps a worker from the next of them."""

    hit_type: HitType
    hit: MarketHit | None  # none is left for this worker
    unmet: Sequence[str]


def group(session: Session, worker: Worker, group_id: str, *, now: datetime) -> Group:
    """Return a HIT type as this worker may see it, with the HIT that is theirs next."""
    query = _types(worker).where(HitType.group_id == group_id)
    hit_type = session.scalar(query)
    if hit_type is None:
        raise NotFound("these HITs are not there any more")
    _admit(session, worker, hit_type, now=now)
    hit = work.next_of_type(session, worker, hit_type, now=now)
    return Group(hit_type, hit, _unmet(session, worker, hit_type, "accept", now=now))


def previewed(session: Session, worker: Worker, hit_id: str, *, now: datetime) -> MarketHit:
    """Return a HIT that this worker may look at before accepting it."""
    query = (
        select(MarketHit, HitType)
        .join(HitType, HitType.id == MarketHit.hit_type_id)
        .join(MarketAccount, MarketAccount.id == MarketHit.account_id)
        .where(MarketHit.external_id == hit_id, MarketAccount.requester_id == worker.requester_id)
        .where(MarketHit.disposed_at.is_(None))
    )
    found = session.execute(query).first()
    if found is None:
        raise NotFound("this HIT is not there any more")
    _admit(session, worker, found[1], now=now)
    return found[0]


def held(session: Session, worker: Worker, assignment_id: str) -> Place:
    """Return a worker's own assignment; everybody else's looks as if it were not there."""
    query = _places(worker).where(MarketAssignment.external_id == assignment_id)
    found = session.execute(query.order_by(MarketAssignment.id.desc()).limit(1)).first()
    if found is None:
        raise NotFound("you have no such HIT")
    return Place(*found)


def in_hand(session: Session, worker: Worker, *, now: datetime) -> list[Place]:
    """Return what a worker has accepted and not handed in, the most urgent first."""
    query = _places(worker).where(MarketAssignment.state == "accepted", MarketAssignment.deadline > now)
    return [Place(*row) for row in session.execute(query.order_by(MarketAssignment.deadline))]


def history(session: Session, worker: Worker, *, limit: int) -> list[Place]:
    """Return the latest assignments of a worker, with what was paid on top."""
    query = _places(worker).order_by(MarketAssignment.id.desc()).limit(limit)
    rows = session.execute(query).all()
    ids = [assignment.id for assignment, _, _ in rows]
    bonuses: dict[int, int] = {}
    for bonus in session.scalars(select(MarketBonus).where(MarketBonus.assignment_id.in_(ids))):
        bonuses[bonus.assignment_id] = bonuses.get(bonus.assignment_id, 0) + bonus.amount_micros
    return [Place(*row, bonus_micros=bonuses.get(row[0].id, 0)) for row in rows]


def begun_test(
    session: Session, worker: Worker, kind: QualificationType, *, now: datetime
) -> QualificationRequest | None:
    """Return the test of a qualification that a worker has begun and may still hand in."""
    mine = QualificationRequest.type_id == kind.id, QualificationRequest.worker_id == worker.id
    query = select(QualificationRequest).where(*mine, QualificationRequest.state == "begun")
    found = session.scalar(query.order_by(QualificationRequest.id.desc()).limit(1))
    return found if found is not None and now <= requests.deadline(kind, found) else None


def name(session: Session, worker: Worker) -> str:
    """Return the id by which programs know a worker; empty before their first HIT."""
    return accounts.persons(session, [worker.id]).get(worker.id, "")


def _places(worker: Worker) -> Select[MarketAssignment, MarketHit, HitType]:
    return (
        select(MarketAssignment, MarketHit, HitType)
        .join(MarketHit, MarketHit.id == MarketAssignment.hit_id)
        .join(HitType, HitType.id == MarketHit.hit_type_id)
        .where(MarketAssignment.worker_id == worker.id)
    )


def _types(worker: Worker) -> Select[HitType]:
    return (
        select(HitType)
        .join(MarketAccount, MarketAccount.id == HitType.account_id)
        .where(MarketAccount.requester_id == worker.requester_id)
    )


def _admit(session: Session, worker: Worker, hit_type: HitType, *, now: datetime) -> None:
    if _unmet(session, worker, hit_type, "discover", now=now):
        raise NotFound("these HITs are not there any more")
    if unmet := _unmet(session, worker, hit_type, "preview", now=now):
        raise Forbidden(f"these HITs are shown only to some workers: {'; '.join(unmet)}")


def _unmet(
    session: Session,
    worker: Worker,
    hit_type: HitType,
    action: Action,
    *,
    now: datetime,
) -> Sequence[str]:
    account = session.get_one(MarketAccount, hit_type.account_id)
    return qualifications.admits(session, account, worker, hit_type.requirements, action=action, now=now)
