"""Money: what is reserved, what is spent, and every move in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from crowd.errors import BudgetExceeded
from crowd.models import Assignment, Budget, LedgerEntry, Project
from crowd.models.states import advance
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
    _enter(session, project_id, "reserve", amount, key, now)


def post(session: Session, project_id: int, amount: int, *, key: str, now: datetime) -> None:
    """Spend money that was set aside."""
    if amount == 0:
        return
    held, spent = Budget.held - amount, Budget.spent + amount
    _must(_move(session, project_id, Budget.held >= amount, held=held, spent=spent), key)
    _enter(session, project_id, "post", amount, key, now)


def void(session: Session, project_id: int, amount: int, *, key: str, now: datetime) -> None:
    """Give money back that was set aside and will not be needed."""
    if amount == 0:
        return
    _must(_move(session, project_id, Budget.held >= amount, held=Budget.held - amount), key)
    _enter(session, project_id, "void", amount, key, now)


def affordable(session: Session, project: Project) -> int | None:
    """Return how many more answers the free part of the budget pays for; None where answers are free."""
    if project.price_micros == 0:
        return None
    row = budget(session, project)
    return (row.cap - row.held - row.spent) // project.price_micros


def settle(session: Session, project: Project, *, now: datetime) -> int:
    """Pay every assignment that is due; return how many. Repeating it pays nothing twice."""
    due = select(Assignment.id, Assignment.amount_micros).where(
        Assignment.project_id == project.id, Assignment.payment == "due"
    )
    rows = session.execute(due.order_by(Assignment.id).with_for_update()).all()
    for assignment_id, amount in rows:
        advance(session, Assignment, "payment", ("due", "paid"), Assignment.id == assignment_id)
        post(session, project.id, amount, key=f"assignment:{assignment_id}", now=now)
    return len(rows)


def owed(session: Session, project: Project) -> int:
    """Return what is due and not yet paid, in micro-dollars."""
    query = select(func.coalesce(func.sum(Assignment.amount_micros), 0)).where(
        Assignment.project_id == project.id, Assignment.payment == "due"
    )
    return int(session.scalar(query) or 0)


def _move(session: Session, project_id: int, condition: Any, **values: Any) -> bool:  # noqa: ANN401 - SQL expressions
    statement = update(Budget).where(Budget.project_id == project_id, condition).values(values)
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount == 1


def _enter(session: Session, project_id: int, kind: str, amount: int, key: str, now: datetime) -> None:
    entry = LedgerEntry(
        project_id=project_id, kind=kind, amount_micros=amount, key=f"{kind}:{key}", created_at=now
    )
    session.add(entry)
    session.flush()


def _must(moved: bool, key: str) -> None:
    if not moved:
        raise AssertionError(f"the budget holds less than {key} needs")


def _shortfall(session: Session, project_id: int, amount: int) -> str:
    row = session.scalars(
        select(Budget).where(Budget.project_id == project_id), execution_options={"populate_existing": True}
    ).one()
    free = row.cap - row.held - row.spent
    return f"this needs {display(amount)} and {display(free)} of the cap of {display(row.cap)} are free"
