"""Bonuses: money for a worker beside the reward, for an assignment they handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crowd.models import Worker
from crowd.models.market import MarketAccount, MarketAssignment, MarketBonus, MarketHit
from crowd.services.market import account as accounts
from crowd.services.market import ids, letters, limits, money, tokens
from crowd.services.market.profile import Profile
from crowd.services.market.refusals import Refused, missing, wrong_status
from workers.money import display

HANDED_IN = {"submitted": "Submitted", "approved": "Approved", "rejected": "Rejected"}


@dataclass(frozen=True, slots=True)
class Bonus:
    """What a program asks to be paid: how much, to whom, for which assignment, and why."""

    worker_id: str
    assignment_id: str
    amount_micros: int
    reason: str
    token: str | None = None


def send(
    session: Session, account: MarketAccount, bonus: Bonus, *, profile: Profile, now: datetime
) -> MarketBonus:
    """Pay a bonus once per token, and tell the worker why; nothing is paid for what was not handed in."""
    if bonus.amount_micros <= 0:
        raise limits.invalid("BonusAmount must be above 0.")
    if not bonus.reason.strip():
        raise limits.invalid("Reason must not be empty.")
    _spend_token(session, account, bonus, profile=profile, now=now)
    assignment, worker = _handed_in(session, account, bonus)
    paid = MarketBonus(
        assignment_id=assignment.id, amount_micros=bonus.amount_micros, reason=bonus.reason, created_at=now
    )
    session.add(paid)
    session.flush()
    fee = money.bonus_fee(bonus.amount_micros, profile=profile)
    money.pay_bonus(session, account.id, bonus.amount_micros, fee, key=f"bonus:{paid.id}", now=now)
    text = f"You were paid a bonus of {display(bonus.amount_micros)}: {bonus.reason.strip()}"
    letters.tell(session, account, worker, text, now=now)
    return paid


def payments(
    account: MarketAccount, *, hit_id: str | None = None, assignment_id: str | None = None
) -> Select[MarketBonus]:
    """Return the query for the bonuses paid for a HIT's assignments, or for one of them."""
    if hit_id is None and assignment_id is None:
        raise limits.invalid("Either HITId or AssignmentId must be given.")
    query = (
        select(MarketBonus)
        .join(MarketAssignment, MarketAssignment.id == MarketBonus.assignment_id)
        .join(MarketHit, MarketHit.id == MarketAssignment.hit_id)
        .where(MarketHit.account_id == account.id)
    )
    if hit_id is not None:
        query = query.where(MarketHit.external_id == hit_id)
    return query if assignment_id is None else query.where(MarketAssignment.external_id == assignment_id)


def _spend_token(
    session: Session, account: MarketAccount, bonus: Bonus, *, profile: Profile, now: datetime
) -> None:
    if bonus.token is None:
        return
    subject = ids.entity()
    known = tokens.spend(session, account, "SendBonus", bonus.token, subject, now=now, profile=profile)
    if known is not None:
        raise tokens.replayed(bonus.token)


def _handed_in(session: Session, account: MarketAccount, bonus: Bonus) -> tuple[MarketAssignment, Worker]:
    """Return the assignment and the worker, who must be the one who handed it in."""
    query = (
        select(MarketAssignment, Worker)
        .join(MarketHit, MarketHit.id == MarketAssignment.hit_id)
        .join(Worker, Worker.id == MarketAssignment.worker_id)
        .where(MarketHit.account_id == account.id, MarketAssignment.external_id == bonus.assignment_id)
        .order_by(MarketAssignment.id.desc())
    )
    rows = session.execute(query).all()  # more than one where an id went to another after a return
    if not rows:
        raise missing("Assignment", bonus.assignment_id)
    theirs = [row for row in rows if accounts.person(session, row[1]) == bonus.worker_id]
    if not theirs:
        raise Refused(
            f"Worker {bonus.worker_id} did not do assignment {bonus.assignment_id}.", "InvalidParameterValue"
        )
    handed_in = [(assignment, worker) for assignment, worker in theirs if assignment.state in HANDED_IN]
    if not handed_in:
        raise wrong_status("Assignment", *HANDED_IN.values())
    return handed_in[0]
