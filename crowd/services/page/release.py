"""A page ends without answers, whole or in part: its places go back to the items, or away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Assignment, Item, Project, Slot
from crowd.models.states import advance
from crowd.services import locks, pay
from crowd.services.page.hold import BEHIND

UNSYNCED = {"synchronize_session": False}


def end(session: Session, project: Project, assignment: Assignment, state: str, now: datetime) -> int:
    """End an assignment without answers and give its places back; 0 when it had already ended."""
    if not advance(session, Assignment, "work", ("assigned", state), Assignment.id == assignment.id):
        return 0
    item_ids = places(session, [assignment])
    locks.items(session, item_ids)
    advance(session, Slot, "state", ("leased", state), Slot.assignment_id == assignment.id)
    reopen(session, project, assignment.id, item_ids, now)
    pay.void(session, project.id, assignment.gold_micros, key=f"gold:{assignment.token}", now=now)
    return 1


def places(session: Session, assignments: Sequence[Assignment]) -> list[int]:
    """Return the items on which these assignments hold a place; gold has none."""
    item_ids: set[int] = set()
    for some in chunks([assignment.id for assignment in assignments]):
        query = select(Slot.item_id).where(Slot.assignment_id.in_(some), Slot.state == "leased")
        item_ids.update(session.scalars(query.where(Slot.gold_id.is_(None))))
    return sorted(item_ids)


def reopen(
    session: Session, project: Project, assignment_id: int, item_ids: Sequence[int], now: datetime
) -> None:
    """Offer the places again, or let them go where the item has been decided in the meantime."""
    forward = case((Item.rank >= BEHIND, BEHIND), else_=0.0)  # as far as a claim set it back
    back = update(Item).where(Item.id.in_(item_ids), Item.state == "asking")
    session.execute(
        back.values(open=Item.open + 1, claimable=True, rank=Item.rank - forward), execution_options=UNSYNCED
    )
    gone = update(Item).where(Item.id.in_(item_ids), Item.state != "asking").returning(Item.id)
    rows = session.execute(gone.values(wanted=Item.wanted - 1), execution_options=UNSYNCED)
    amount = project.price_micros * len(rows.all())
    pay.void(session, project.id, amount, key=f"places:{assignment_id}", now=now)
