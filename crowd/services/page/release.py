"""A page ends without answers, whole or in part: its places go back to the items, or away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, or_, select, update
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.errors import BudgetExceeded
from crowd.models import Assignment, Hit, Item, Project, Slot
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
    came_over = _came_over(session, project, assignment)
    reopen(session, project, assignment.id, item_ids, came_over=came_over, now=now)
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
    session: Session,
    project: Project,
    assignment_id: int,
    item_ids: Sequence[int],
    *,
    came_over: bool,
    now: datetime,
) -> None:
    """Offer the places again, or let them go where the item has been decided in the meantime.

    `came_over` tells that they were the second channel's. Where the item asks the other channel by now, a
    place goes there, if the budget has what that costs more; else it is let go.
    """
    lost = _unfunded(session, project, assignment_id, item_ids, came_over, now)
    forward = case((Item.rank >= BEHIND, BEHIND), else_=0.0)  # as far as a claim set it back
    values = {
        "open": Item.open + 1,
        "claimable": True,
        "handed_over": case((Item.open == 0, came_over), else_=Item.handed_over),
        "opened_at": now,
        "rank": Item.rank - forward,
    }
    back = update(Item).where(Item.id.in_(item_ids), Item.state == "asking", Item.id.not_in(lost))
    session.execute(back.values(values), execution_options=UNSYNCED)
    gone = update(Item).where(Item.id.in_(item_ids), or_(Item.state != "asking", Item.id.in_(lost)))
    rows = session.execute(gone.values(wanted=Item.wanted - 1).returning(Item.id), execution_options=UNSYNCED)
    amount = project.price_of(handed_over=came_over) * len(rows.all())
    pay.void(session, project.id, amount, key=f"places:{assignment_id}", now=now)


def _unfunded(
    session: Session,
    project: Project,
    assignment_id: int,
    item_ids: Sequence[int],
    came_over: bool,
    now: datetime,
) -> list[int]:
    """Move money for places that go to the other channel; return the items for which there is not enough."""
    if project.second_channel is None:
        return []
    query = select(Item.id).where(Item.id.in_(item_ids), Item.state == "asking", Item.open > 0)
    query = query.where(Item.handed_over != came_over).order_by(Item.id)
    lost: list[int] = []
    for item_id in session.scalars(query).all():
        more = project.price_of(handed_over=not came_over) - project.price_of(handed_over=came_over)
        try:
            pay.change(session, project.id, more, key=f"moved:{assignment_id}:{item_id}", now=now)
        except BudgetExceeded:
            lost.append(item_id)
    return lost


def _came_over(session: Session, project: Project, assignment: Assignment) -> bool:
    if project.second_channel is None:
        return False
    channel = session.scalar(select(Hit.channel).where(Hit.id == assignment.hit_id))
    return channel == project.second_channel
