"""Invariants of channels: nobody is waited for whom the project does not ask."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.models import Hit, Item, Project
from crowd.services.check.invariant import invariant, lines, within


@invariant(56, "what is on offer is for the people of a channel that the project asks")
def offered_to_somebody(session: Session, project_id: int | None) -> Iterator[str]:
    """Find places handed over to a second channel that is none, and HITs on a channel that is not asked."""
    over = (
        select(Item.id, Item.open.label("open"))
        .join(Project, Project.id == Item.project_id)
        .where(within(Item.project_id, project_id), Item.open > 0, Item.handed_over)
        .where(Project.second_channel.is_(None))
        .order_by(Item.id)
    )
    yield from lines(session, over, "item {id}: {open} answers open for a second channel, and there is none")
    asked = func.coalesce(Project.second_channel, Project.channel)
    strange = (
        select(Hit.id, Hit.channel)
        .join(Project, Project.id == Hit.project_id)
        .where(within(Hit.project_id, project_id), Hit.state == "open")
        .where(Hit.channel != Project.channel, Hit.channel != asked)
        .order_by(Hit.id)
    )
    yield from lines(session, strange, "HIT {id}: on offer to {channel}, whose people are not asked")
