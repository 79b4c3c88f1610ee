"""What many rows of the outbox need is loaded at once: one by one, each would cost several queries.

A session lets go of what nobody holds, so whoever calls keeps what is returned for as long as it is needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Assignment, Hit, HitQuestion, Item, OutboxEntry, Project
from crowd.models.base import Numbered
from crowd.services.pack import Pick

Row = TypeVar("Row", bound=Numbered)
KNOWN = "picks"


def pages(session: Session, entries: Sequence[OutboxEntry]) -> object:
    """Load what the pages of HITs to be made are made of."""
    found = _hits_of(session, entries)
    session.info[KNOWN] = _picks(session, [hit.id for hit in found])
    return found, _rows(session, Project, {hit.project_id for hit in found})


def assignments(session: Session, entries: Sequence[OutboxEntry]) -> object:
    """Lock the assignments that rows are about ("assignment:4"), and load their HITs and projects.

    All of them are locked before the budget is, as everybody does.
    """
    found: list[Assignment] = []
    for some in chunks(sorted({int(entry.subject.partition(":")[2]) for entry in entries})):
        query = select(Assignment).where(Assignment.id.in_(some)).order_by(Assignment.id)
        found += session.scalars(query.with_for_update(), execution_options={"populate_existing": True})
    theirs = _rows(session, Hit, {page.hit_id for page in found})
    return found, theirs, _rows(session, Project, {page.project_id for page in found})


def picks(session: Session, hit_id: int) -> dict[int, Pick]:
    """Return the questions of a HIT by position, in their order."""
    known: dict[int, dict[int, Pick]] = session.info.get(KNOWN, {})
    return known[hit_id] if hit_id in known else _picks(session, [hit_id])[hit_id]


def _hits_of(session: Session, entries: Sequence[OutboxEntry]) -> list[Hit]:
    return _rows(session, Hit, {entry.parameters["hit"] for entry in entries})


def _picks(session: Session, hit_ids: Sequence[int]) -> defaultdict[int, dict[int, Pick]]:
    query = (
        select(
            HitQuestion.hit_id,
            HitQuestion.position,
            HitQuestion.item_id,
            Item.key,
            Item.payload,
            HitQuestion.gold_id,
        )
        .join(Item, Item.id == HitQuestion.item_id)
        .order_by(HitQuestion.hit_id, HitQuestion.position)
    )
    found: defaultdict[int, dict[int, Pick]] = defaultdict(dict)
    for some in chunks(hit_ids):
        for hit_id, position, *pick in session.execute(query.where(HitQuestion.hit_id.in_(some))):
            found[hit_id][position] = Pick(*pick)
    return found


def _rows(session: Session, kind: type[Row], ids: Collection[int]) -> list[Row]:
    return [
        row
        for some in chunks(sorted(ids))
        for row in session.scalars(select(kind).where(kind.id.in_(some)).order_by(kind.id))
    ]
