"""Money: what is reserved, what is spent, and every move in the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import CursorResult, Select, func, insert, select, update
from sqlalchemy.orm import Session

from crowd.channels.mturk.posting import CHANNEL, Posting, cost
from crowd.db import chunks
from crowd.errors import BudgetExceeded
from crowd.models import Assignment, Budget, LedgerEntry, Project, Standing
from crowd.models.conditions import DUE
from crowd.models.states import advance
from crowd.services import locks
from workers.money import display


def budget(session: Session, project: Project) -> Budget:
    """Return the project's budget as it stands in the database."""
    query = select(Budget).where(Budget.project_id == project.id)
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def reserve(session: Session, project_id: int, amount: int, *, key: str, now: datetime) -> None:
    """Set money aside, or raise where the cap does not cover it. `key` names the cause, once ever."""
    if amount == 0:
        return
    covered = Budget.held + Budget.spent + amount <= Budget.cap
    if not _move(session, project_id, covered, held=Budget.held + amount):
        raise BudgetExceeded(_shortfall(session, project_id, amount))
    _enter(session, project_id, "reserve", {key: amount}, now)


def post(session: Session, project_id: int, amounts: Mapping[str, int], *, now: datetime) -> None:
    """Spend money that was set aside, so much for each cause."""
    amount = sum(amounts.values())
    if amount == 0:
        return
    held, spent = Budget.held - amount, Budget.spent + amount
    _must(_move(session, project_id, Budget.held >= amount, held=held, spent=spent), amounts)
    _enter(session, project_id, "post", amounts, now)


def void(session: Session, project_id: int, amount: int, *, key: str, now: datetime) -> None:
    """Give money back that was set aside and will not be needed."""
    void_all(session, project_id, {key: amount}, now=now)


def void_all(session: Session, project_id: int, amounts: Mapping[str, int], *, now: datetime) -> None:
    """Give money back for several causes at once."""
    amount = sum(amounts.values())
    if amount == 0:
        return
    _must(_move(session, project_id, Budget.held >= amount, held=Budget.held - amount), amounts)
    _enter(session, project_id, "void", amounts, now)


def change(session: Session, project_id: int, amount: int, *, key: str, now: datetime) -> None:
    """Set so much more aside, or give it back where it is negative."""
    if amount > 0:
        reserve(session, project_id, amount, key=key, now=now)
    else:
        void(session, project_id, -amount, key=key, now=now)


def affordable(session: Session, project: Project) -> int | None:
    """Return how many more answers of the own channel the budget pays for; None where they are free."""
    each = answer_micros(project, project.channel)
    return None if each == 0 else free(session, project) // each


def free(session: Session, project: Project) -> int:
    """Return how much of the cap is neither held nor spent, in micro-dollars.

    It stays free until the transaction ends: nobody else can reserve it meanwhile.
    """
    row = locks.budget(session, project.id)
    return row.cap - row.held - row.spent


def answer_micros(project: Project, channel: str) -> int:
    """Return what an answer costs on a channel, with its part of the fee for a full page at an endpoint."""
    if channel != CHANNEL:
        return project.price_at(channel)
    page = cost(
        Posting.read(project.posting),
        price_micros=project.price_at(channel),
        questions=project.hit_size,
        assignments=1,
    )
    return -(-page.whole // project.hit_size)


def settle(session: Session, project: Project, *, now: datetime) -> int:
    """Pay every assignment that is due; return how many. Repeating it pays nothing twice.

    What is due to workers whose pay a rule holds waits. At an endpoint it is approval that pays: nothing
    stays due there.
    """
    due = select(Assignment.id, Assignment.amount_micros).where(Assignment.project_id == project.id, DUE)
    due = due.where(Assignment.worker_id.not_in(held(project, now)))
    rows = session.execute(due.order_by(Assignment.id).with_for_update()).all()
    for some in chunks([row.id for row in rows]):
        advance(session, Assignment, "payment", ("due", "paid"), Assignment.id.in_(some))
    amounts = {f"assignment:{assignment_id}": amount for assignment_id, amount in rows}
    post(session, project.id, amounts, now=now)
    return len(rows)


def held(project: Project, now: datetime) -> Select[int]:
    """Return the query for the workers of a project whose pay waits until somebody has looked."""
    query = select(Standing.worker_id).where(Standing.project_id == project.id)
    return query.where(Standing.held_until > now)


def owed(session: Session, project: Project) -> int:
    """Return what is due and not yet paid, in micro-dollars."""
    query = select(func.coalesce(func.sum(Assignment.amount_micros), 0)).where(
        Assignment.project_id == project.id, DUE
    )
    return int(session.scalar(query) or 0)


def _move(session: Session, project_id: int, condition: Any, **values: Any) -> bool:  # noqa: ANN401 - SQL expressions
    statement = update(Budget).where(Budget.project_id == project_id, condition).values(values)
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount == 1


def _enter(session: Session, project_id: int, kind: str, amounts: Mapping[str, int], now: datetime) -> None:
    entry = {"project_id": project_id, "kind": kind, "created_at": now}
    moved = {f"{kind}:{key}": amount for key, amount in amounts.items() if amount}
    rows = [{**entry, "key": key, "amount_micros": amount} for key, amount in moved.items()]
    session.execute(insert(LedgerEntry), rows)


def _must(moved: bool, causes: Collection[str]) -> None:
    if not moved:
        named = ", ".join(islice(causes, 3)) + (", …" if len(causes) > 3 else "")
        raise AssertionError(f"the budget holds less than {named} need")


def _shortfall(session: Session, project_id: int, amount: int) -> str:
    row = session.scalars(
        select(Budget).where(Budget.project_id == project_id), execution_options={"populate_existing": True}
    ).one()
    free = row.cap - row.held - row.spent
    return f"this needs {display(amount)} and {display(free)} of the cap of {display(row.cap)} are free"
