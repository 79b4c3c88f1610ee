"""The second channel: which places its people are asked to fill, and when they are handed over to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Decision, Item, Project
from crowd.models.conditions import claimable
from crowd.services import locks, pay

UNSYNCED = {"synchronize_session": False}


def asked(
    session: Session, project: Project, item_ids: Sequence[int], *, chosen: Collection[int] = ()
) -> set[int]:
    """Return those of these items whose next places are for the second channel.

    Places that are open already decide, for an item asks one channel at a time. `chosen` are those for
    which the second channel was found to be worth more. What is kept for chosen workers stays with them.
    """
    if project.second_channel is None:
        return set()
    found: set[int] = set()
    for some in chunks(item_ids):
        query = select(Item.id, Item.open, Item.handed_over, Item.wanted)
        query = query.where(Item.id.in_(some), ~Item.reserved)
        for item_id, places, handed_over, wanted in session.execute(query):
            breaks_ties = project.second_when == "tie_break" and wanted >= project.overlap
            if handed_over if places else (breaks_ties or item_id in chosen):
                found.add(item_id)
    return found


def hand_over(session: Session, project: Project, *, now: datetime) -> int:
    """Offer the second channel the places that the own one's people left open for too long; return how many.

    What its answers cost more is set aside, what they cost less is given back. Where the budget does not
    reach for that, and for the endpoint's fee, places stay as they are.
    """
    if project.second_when != "overflow" or project.patience_seconds is None:
        return 0
    locks.step(session, project)
    locks.terms(session, project)
    rows = _affordable(session, project, _overdue(session, project, now))
    if not rows:
        return 0
    places, item_ids = sum(rows.values()), list(rows)
    cause = f"handed:{project.id}:{(session.scalar(select(func.max(Decision.id))) or 0) + 1}"
    more = places * (project.price_of(handed_over=True) - project.price_of(handed_over=False))
    pay.change(session, project.id, more, key=cause, now=now)
    reason = (
        f"nobody took it for {timedelta(seconds=project.patience_seconds)}: over to {project.second_channel}"
    )
    decision = {"project_id": project.id, "action": "hand_over", "reason": reason, "created_at": now}
    for some in chunks(item_ids):
        statement = update(Item).where(Item.id.in_(some))
        session.execute(statement.values(handed_over=True, opened_at=now), execution_options=UNSYNCED)
        session.execute(insert(Decision), [{**decision, "item_id": item_id} for item_id in some])
    return places


def _overdue(session: Session, project: Project, now: datetime) -> dict[int, int]:
    """Lock the items with places that are open for too long, and return how many each has, by rank."""
    limit = now - timedelta(seconds=project.patience_seconds or 0)
    query = select(Item.id, Item.open).where(Item.project_id == project.id, claimable(handed_over=False))
    query = query.where(Item.opened_at <= limit, ~Item.reserved).order_by(Item.rank, Item.id)
    locks.items(session, [item_id for item_id, _ in session.execute(query)])
    return {item_id: places for item_id, places in session.execute(query)}


def _affordable(session: Session, project: Project, places: dict[int, int]) -> dict[int, int]:
    """Return as many of these, from the first, as the budget covers the difference for."""
    own, other = (pay.answer_micros(project, channel) for channel in project.channels)
    if other <= own or not places:
        return places
    free, found = pay.free(session, project), dict[int, int]()
    for item_id, count in places.items():
        free -= count * (other - own)
        if free < 0:
            break
        found[item_id] = count
    return found
