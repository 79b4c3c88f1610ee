"""The invariant of provisional labels: each stands beside a run of its own project that can judge items."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crowd.models import ConsensusRun, Item, LabelSet, Provisional
from crowd.services.check.invariant import invariant, lines, within


@invariant(55, "a provisional label is one on offer, beside a run of its project that knows its workers")
def provisional_labels_founded(session: Session, project_id: int | None) -> Iterator[str]:
    """Find provisional labels of another project's item or run, and those that nothing can have given."""
    mine = within(Provisional.project_id, project_id)
    astray = or_(
        Item.project_id != Provisional.project_id,
        ConsensusRun.project_id != Provisional.project_id,
        ConsensusRun.stand.is_(None),
    )
    query = select(Provisional.item_id, Provisional.run_id)
    query = query.join(Item, Item.id == Provisional.item_id)
    query = query.join(ConsensusRun, ConsensusRun.id == Provisional.run_id)
    yield from lines(
        session,
        query.where(mine, astray).order_by(Provisional.item_id),
        "item {item_id}: its provisional label cannot come from run {run_id}",
    )
    labels = select(Provisional.item_id, Provisional.label, LabelSet.labels)
    labels = labels.join(ConsensusRun, ConsensusRun.id == Provisional.run_id)
    labels = labels.join(LabelSet, LabelSet.id == ConsensusRun.label_set_id)
    for item_id, label, offered in session.execute(labels.where(mine).order_by(Provisional.item_id)):
        if label not in offered:
            yield f"item {item_id}: its provisional label {label!r} is not on offer"
