"""Invariants of money: nothing beyond the cap, nothing unreserved, nothing paid twice."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Subquery, Text, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from crowd.models import Assignment, Budget, Hit, HitQuestion, Item, LedgerEntry, Project, Slot
from crowd.services.check.invariant import invariant, lines, within


@invariant(18, "what is held and spent never exceeds the cap")
def under_the_cap(session: Session, project_id: int | None) -> Iterator[str]:
    """Find budgets that are overdrawn."""
    query = (
        select(Budget.project_id, Budget.held, Budget.spent, Budget.cap)
        .where(within(Budget.project_id, project_id))
        .where(or_(Budget.held + Budget.spent > Budget.cap, Budget.held < 0, Budget.spent < 0))
        .order_by(Budget.project_id)
    )
    return lines(session, query, "project {project_id}: {held} held and {spent} spent of {cap} micro-dollars")


@invariant(19, "what is held and spent is the sum of the ledger")
def folds(session: Session, project_id: int | None) -> Iterator[str]:
    """Find budgets that the ledger contradicts."""
    ledger = (
        select(
            LedgerEntry.project_id,
            func.sum(_signed()).label("held"),
            func.sum(case((LedgerEntry.kind == "post", LedgerEntry.amount_micros), else_=0)).label("spent"),
        )
        .group_by(LedgerEntry.project_id)
        .subquery()
    )
    held, spent = func.coalesce(ledger.c.held, 0), func.coalesce(ledger.c.spent, 0)
    query = (
        select(Project.id, Budget.held, Budget.spent, held.label("to_hold"), spent.label("posted"))
        .outerjoin(Budget, Budget.project_id == Project.id)
        .outerjoin(ledger, ledger.c.project_id == Project.id)
        .where(within(Project.id, project_id))
        .where(or_(Budget.id.is_(None), Budget.held != held, Budget.spent != spent))
        .order_by(Project.id)
    )
    return lines(
        session,
        query,
        "project {id}: {held} held and {spent} spent, but the ledger says {to_hold} and {posted}",
    )


@invariant(20, "no cause moves money twice, and only money set aside before is spent or given back")
def reserved_first(session: Session, project_id: int | None) -> Iterator[str]:
    """Find doubled keys, and moments at which the ledger had given out more than was reserved."""
    doubled = (
        select(LedgerEntry.key, func.count().label("entries"))
        .where(within(LedgerEntry.project_id, project_id))
        .group_by(LedgerEntry.key)
        .having(func.count() > 1)
        .order_by(LedgerEntry.key)
    )
    yield from lines(session, doubled, "ledger key {key!r}: {entries} entries")
    balance = func.sum(_signed()).over(partition_by=LedgerEntry.project_id, order_by=LedgerEntry.id)
    history = select(LedgerEntry.id, balance.label("held")).where(within(LedgerEntry.project_id, project_id))
    overdrawn = history.subquery()
    query = select(overdrawn.c.id, overdrawn.c.held).where(overdrawn.c.held < 0).order_by(overdrawn.c.id)
    yield from lines(session, query, "ledger entry {id}: leaves {held} micro-dollars held")


@invariant(22, "every assignment is paid at most once, and exactly what it says")
def paid_once(session: Session, project_id: int | None) -> Iterator[str]:
    """Find assignments whose state of payment and whose entry in the ledger disagree."""
    key = literal("post:assignment:") + cast(Assignment.id, Text)
    is_paid = and_(Assignment.payment == "paid", Assignment.amount_micros > 0)
    posted = func.coalesce(LedgerEntry.amount_micros, 0)
    query = (
        select(Assignment.id, Assignment.payment, Assignment.amount_micros, posted.label("posted"))
        .outerjoin(LedgerEntry, LedgerEntry.key == key)
        .where(within(Assignment.project_id, project_id))
        .where(posted != case((is_paid, Assignment.amount_micros), else_=0))
        .order_by(Assignment.id)
    )
    return lines(session, query, "assignment {id}: payment {payment} of {amount_micros}, ledger {posted}")


@invariant(24, "what is held covers every answer that is wanted, under way or due")
def covered(session: Session, project_id: int | None) -> Iterator[str]:
    """Find projects that could owe more than they have set aside."""
    places, due, posted = _answers_to_come(), _owed(), _on_hits()
    owed = func.coalesce(places.c.n, 0) + func.coalesce(due.c.n, 0) + func.coalesce(posted.c.n, 0)
    query = (
        select(Project.id, Budget.held, owed.label("owed"))
        .join(Budget, Budget.project_id == Project.id)
        .outerjoin(places, places.c.project_id == Project.id)
        .outerjoin(due, due.c.project_id == Project.id)
        .outerjoin(posted, posted.c.project_id == Project.id)
        .where(within(Project.id, project_id), Budget.held < owed)
        .order_by(Project.id)
    )
    return lines(session, query, "project {id}: {held} micro-dollars held, {owed} may become due")


def _signed() -> ColumnElement[int]:
    return case((LedgerEntry.kind == "reserve", LedgerEntry.amount_micros), else_=-LedgerEntry.amount_micros)


def _answers_to_come() -> Subquery:
    """Sum, by project, prices of answers open, on published HITs (gold too) and leased (gold comes apart).

    Each is priced as its channel is. HITs at an endpoint are paid whole: they are not counted by answers.
    """
    second = func.coalesce(Project.second_price_micros, 0)
    open_price = case((Item.handed_over, second), else_=Project.price_micros)
    hit_price = case((Hit.channel == Project.second_channel, second), else_=Project.price_micros)
    parts = (
        select(Item.project_id, func.sum(Item.open * open_price).label("n"))
        .join(Project, Project.id == Item.project_id)
        .where(Item.open > 0)
        .group_by(Item.project_id),
        select(Hit.project_id, func.sum(HitQuestion.places * hit_price).label("n"))
        .join(HitQuestion, HitQuestion.hit_id == Hit.id)
        .join(Project, Project.id == Hit.project_id)
        .where(Hit.state == "open", Hit.endpoint.is_(None))
        .group_by(Hit.project_id),
        select(Slot.project_id, func.sum(hit_price).label("n"))
        .join(Project, Project.id == Slot.project_id)
        .join(Assignment, Assignment.id == Slot.assignment_id)
        .join(Hit, Hit.id == Assignment.hit_id)
        .where(Slot.state == "leased", Slot.gold_id.is_(None))
        .group_by(Slot.project_id),
    )
    union = parts[0].union_all(*parts[1:]).subquery()
    return select(union.c.project_id, func.sum(union.c.n).label("n")).group_by(union.c.project_id).subquery()


def _owed() -> Subquery:
    """Sum, by project, what is due or under review, and what is reserved for gold on pages workers hold."""
    amount = case(
        (Assignment.payment == "due", Assignment.amount_micros + Hit.fee_micros),
        (
            and_(Assignment.work == "submitted", Assignment.review == "pending"),
            Assignment.amount_micros + Hit.fee_micros,
        ),
        (Assignment.work == "assigned", Assignment.gold_micros),
        else_=0,
    )
    query = select(Assignment.project_id, func.sum(amount).label("n")).group_by(Assignment.project_id)
    return query.join(Hit, Hit.id == Assignment.hit_id).subquery()


def _on_hits() -> Subquery:
    """Sum, by project, what HITs at an endpoint may still cost: reward and fee of workers yet to come."""
    came = select(func.count()).where(Assignment.hit_id == Hit.id, Assignment.work == "submitted")
    to_come = Hit.assignments - came.scalar_subquery()
    whole = func.sum(to_come * (Hit.reward_micros + Hit.fee_micros)).label("n")
    open_there = select(Hit.project_id, whole).where(Hit.state == "open", Hit.endpoint.is_not(None))
    return open_there.group_by(Hit.project_id).subquery()
