"""Every state machine of the project in one table, and the one way to move along it."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, update
from sqlalchemy.orm import Session

from crowd.models.assignment import Assignment, Slot
from crowd.models.base import Base
from crowd.models.hit import Hit
from crowd.models.item import Item
from crowd.models.project import Project

TRANSITIONS: dict[tuple[type[Base], str], frozenset[tuple[str, str]]] = {
    (Project, "state"): frozenset(
        {
            ("active", "paused"),
            ("paused", "active"),
            ("active", "closed"),
            ("paused", "closed"),
            ("closed", "active"),
        }
    ),
    (Item, "state"): frozenset(
        {
            ("new", "asking"),
            ("new", "gold"),
            ("settled", "gold"),  # promoted: many good answers agree
            ("gold", "new"),  # doubted: nobody was asked, or they were and it is asked on
            ("gold", "asking"),
            ("asking", "settled"),
            ("asking", "given_up"),
            ("settled", "asking"),
            ("given_up", "asking"),
            ("new", "settled"),  # an expert knows
            ("given_up", "settled"),
            ("asking", "quarantined"),
            ("quarantined", "asking"),
        }
    ),
    (Hit, "state"): frozenset({("open", "closed")}),
    (Assignment, "work"): frozenset(
        {("assigned", "submitted"), ("assigned", "returned"), ("assigned", "expired")}
    ),
    (Assignment, "review"): frozenset(
        {
            ("pending", "accepted"),
            ("pending", "soft_rejected"),
            ("pending", "rejected"),
            ("rejected", "overturned"),
        }
    ),
    (Assignment, "payment"): frozenset({("none", "due"), ("due", "paid")}),
    (Slot, "state"): frozenset(
        {
            ("leased", "done"),
            ("leased", "skipped"),
            ("leased", "returned"),
            ("leased", "expired"),
            ("done", "void"),
            ("void", "done"),  # set aside wrongly
        }
    ),
}


class IllegalTransition(Exception):
    """A move the table does not know: a fault in crowd itself, never in what a user sent."""


def advance(
    session: Session,
    model: type[Base],
    field: str,
    move: tuple[str, str],
    *where: ColumnElement[bool],
    **values: Any,  # noqa: ANN401 - any column's value
) -> int:
    """Move the rows that match `where` and are still in the first state to the second; return how many."""
    if move not in TRANSITIONS[model, field]:
        raise IllegalTransition(f"{model.__name__}.{field}: {move[0]} -> {move[1]}")
    column = getattr(model, field)
    statement = update(model).where(column == move[0], *where).values({field: move[1], **values})
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount
