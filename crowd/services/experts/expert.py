"""What an expert says of an item holds: the consensus is told, and nobody is asked about it any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Conflict
from crowd.models import AuditPick, Decision, Gold, Item, Project
from crowd.models.states import advance
from crowd.services import conclude, grade, locks, publish
from crowd.services.experts import golds


def say(
    session: Session,
    project: Project,
    item_id: int,
    label: object,
    *,
    reviewer: str,
    reason: str,
    now: datetime,
) -> Gold:
    """Settle an item by what an expert says; places nobody holds are withdrawn, their money given back.

    Training sets carry the label from their next version on. A pick of the audit slice that waits for a
    second look has had it.

    Raises:
        Conflict: the item is gold itself, which is corrected and not overruled.
        Unprocessable: the label is none of the project's.
    """
    locks.step(session, project)
    item = session.get_one(Item, item_id)
    if item.state == "gold":
        raise Conflict(f"item {item.key!r} is gold; correct it instead")
    gold = golds.told(session, project, item_id, label, reviewer=reviewer, now=now)
    run = conclude.latest_run(session, project)
    decision = Decision(
        project_id=project.id,
        item_id=item_id,
        run_id=run.id if run else None,
        action="expert",
        reason=reason,
        created_at=now,
    )
    session.add(decision)
    session.flush()
    publish.withdraw(session, project, [item_id], cause=f"expert:{decision.id}", now=now)
    for state in ("new", "asking", "given_up"):
        advance(session, Item, "state", (state, "settled"), Item.id == item_id)
    session.refresh(item)
    _check_pick(session, project, gold, now)
    session.flush()
    return gold


def _check_pick(session: Session, project: Project, gold: Gold, now: datetime) -> None:
    query = select(AuditPick).where(AuditPick.item_id == gold.item_id, AuditPick.checked_at.is_(None))
    pick = session.scalar(query)
    if pick is not None:
        pick.found = gold.label
        pick.right = float(grade.held_against(project, pick.label, gold.label).correct)
        pick.checked_by, pick.checked_at = "expert", now
