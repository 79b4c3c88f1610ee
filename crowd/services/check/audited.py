"""The invariant of the audit slice: what it holds against the truth is what was claimed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from crowd.models import AuditPick, Consensus, Item
from crowd.services.check.invariant import invariant, lines, within


@invariant(52, "every pick of the audit slice claims what its run said, and is checked whole or not at all")
def claims_kept(session: Session, project_id: int | None) -> Iterator[str]:
    """Find picks that their run contradicts, and second looks without a result."""
    of_run = and_(Consensus.run_id == AuditPick.run_id, Consensus.item_id == AuditPick.item_id)
    differs = or_(
        Consensus.run_id.is_(None),
        Consensus.label != AuditPick.label,
        Consensus.confidence != AuditPick.confidence,
        Consensus.votes != AuditPick.votes,
        Consensus.votes != func.json_array_length(AuditPick.answers),
        Item.project_id != AuditPick.project_id,
    )
    mine = within(AuditPick.project_id, project_id)
    query = select(AuditPick.id, AuditPick.label, Consensus.label.label("said"), Consensus.confidence)
    query = query.join(Item, Item.id == AuditPick.item_id).outerjoin(Consensus, of_run)
    yield from lines(
        session,
        query.where(mine, differs).order_by(AuditPick.id),
        "pick {id}: claims {label!r}, but its run says {said!r} with confidence {confidence}",
    )
    is_checked = AuditPick.checked_at.is_not(None)
    halves = [
        is_checked != column.is_not(None)
        for column in (AuditPick.found, AuditPick.right, AuditPick.checked_by)
    ]
    half = select(AuditPick.id).where(mine, or_(*halves)).order_by(AuditPick.id)
    yield from lines(session, half, "pick {id}: is half checked")
