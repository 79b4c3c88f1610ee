"""Gold over its life: told by experts, corrected, retired. Correcting undoes what followed from the error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Conflict, NotFound, bad_input
from crowd.models import Assignment, Case, Consensus, CurrentRun, Gold, Item, Project, Slot
from crowd.models.states import advance
from crowd.services import audit, locks, publish
from crowd.services.experts import truth, undo
from crowd.services.experts.undo import Correction

__all__ = ["Correction", "accept", "correct", "keep", "of_item", "retire", "told", "withhold"]

# Why gold is withheld until a reviewer has looked: workers doubt it.
DISPUTED = "disputed"


def correct(
    session: Session,
    project: Project,
    item_key: str,
    label: object,
    *,
    accepted: Mapping[str, float] | None = None,
    explanation: str = "",
    reviewer: str,
    now: datetime,
) -> Correction:
    """Replace what is known of an item, and undo all that followed from it. No answer is bought.

    Gold that was withheld because workers doubted it is asked again.

    Args:
        session: In a transaction.
        project: Whose gold it is.
        item_key: The item.
        label: What is right, as an answer of the project's task type.
        accepted: Other answers that are right too, with the credit of each.
        explanation: Why; for workers in training.
        reviewer: Who says so.
        now: When.

    Raises:
        NotFound: the item is no gold.
        Unprocessable: the label is no answer, or what is known already.
    """
    _change(session, project)
    old = of_item(session, project, item_key)
    item = session.get_one(Item, old.item_id)
    right = truth.label(session, project, item, label)
    others = truth.accepted(session, project, item, accepted)
    if right == old.label and others == old.accepted:
        raise bad_input("label", f"is {right!r} already")
    before, concerned = undo.known(session, project), undo.answered(session, item)
    new = _replace(session, project, old, right, others, explanation or old.explanation, now)
    cause = f"gold {new.id} corrects gold {old.id}"
    found = undo.replay(session, project, concerned, before, cause=cause, reviewer=reviewer, now=now)
    correction = Correction(item_key, old.label, right, new.id, **found)
    _close_dispute(session, old, right, reviewer, now)
    details = {"was": old.label, "label": right, "accepted": others, "use": new.use, **correction.counts()}
    _note(session, project, "gold.correct", item, reviewer, details, now)
    return correction


def retire(
    session: Session, project: Project, gold: Gold, *, because: str, reviewer: str, now: datetime
) -> Correction:
    """Know this answer no longer: its grades stop to count, and what followed from them is undone.

    The answers given to it are paid for: the item keeps them as its own, and is asked like any other.

    Raises:
        Conflict: it is retired already.
    """
    _change(session, project)
    session.refresh(gold)
    if gold.retired_at is not None:
        raise Conflict("this gold is retired already")
    item = session.get_one(Item, gold.item_id)
    before, concerned = undo.known(session, project), undo.answered(session, item)
    gold.retired_at, gold.retired_because = now, because
    session.flush()
    release(session, item)
    cause = f"gold {gold.id} is retired"
    found = undo.replay(session, project, concerned, before, cause=cause, reviewer=reviewer, now=now)
    correction = Correction(item.key, gold.label, None, gold.id, **found)
    _close_dispute(session, gold, None, reviewer, now)
    details = {"was": gold.label, "because": because, **correction.counts()}
    _note(session, project, "gold.retire", item, reviewer, details, now)
    return correction


def withhold(
    session: Session, project: Project, gold: Gold, *, because: str, reviewer: str, now: datetime
) -> None:
    """Hide this gold among no further questions; it stays known, and grades on it count."""
    _change(session, project)
    session.refresh(gold)
    if gold.retired_at is not None or gold.use == "told":
        raise Conflict("this gold is not asked any more")
    gold.use, gold.retired_because = "told", because
    session.flush()
    item = session.get_one(Item, gold.item_id)
    _note(session, project, "gold.withhold", item, reviewer, {"because": because}, now)


def keep(session: Session, project: Project, gold: Gold, *, reviewer: str, now: datetime) -> None:
    """Ask gold again that was withheld because it was doubted: it is right."""
    _change(session, project)
    session.refresh(gold)
    if gold.retired_at is not None or gold.retired_because != DISPUTED:
        return
    gold.use, gold.retired_because = "hidden", None
    session.flush()
    _note(session, project, "gold.keep", session.get_one(Item, gold.item_id), reviewer, {}, now)


def accept(
    session: Session, project: Project, item: Item, label: object, *, reviewer: str, now: datetime
) -> Gold:
    """Make gold of an item that is settled, or new; without a label, of what its answers say together.

    Raises:
        Conflict: the item is asked about, or gold already.
    """
    _change(session, project)
    session.refresh(item)
    if item.state not in ("settled", "new") or _in_force(session, item.id) is not None:
        raise Conflict(f"item {item.key!r} is {item.state}; only a settled or new item can be made gold")
    said = _concluded(session, project, item) if label is None else label
    right = truth.label(session, project, item, said)
    gold = Gold(project_id=project.id, item_id=item.id, label=right, source="consensus", created_at=now)
    session.add(gold)
    session.flush()
    advance(session, Item, "state", (item.state, "gold"), Item.id == item.id)
    session.refresh(item)
    _note(session, project, "gold.promote", item, reviewer, {"label": right}, now)
    return gold


def told(
    session: Session, project: Project, item_id: int, label: object, *, reviewer: str, now: datetime
) -> Gold:
    """Keep an expert's word on an item: the consensus is told, and nobody is asked it as gold.

    The item's own state is the caller's to change. Where gold says otherwise already, it is corrected.
    """
    _change(session, project)
    item = session.get_one(Item, item_id)
    right = truth.label(session, project, item, label)
    old = _in_force(session, item_id)
    if old is not None and old.label == right:
        return old
    if old is not None and _was_asked(old):
        return session.get_one(
            Gold, correct(session, project, item.key, right, reviewer=reviewer, now=now).gold_id
        )
    if old is not None:
        gold = _replace(session, project, old, right, {}, "", now)
    else:
        gold = Gold(
            project_id=project.id, item_id=item_id, label=right, source="expert", use="told", created_at=now
        )
        session.add(gold)
        session.flush()
    _note(session, project, "gold.told", item, reviewer, {"label": right}, now)
    return gold


def of_item(session: Session, project: Project, item_key: str) -> Gold:
    """Return the gold in force on an item.

    Raises:
        NotFound: there is no such item, or it is no gold.
    """
    query = select(Gold).join(Item, Item.id == Gold.item_id).where(Item.key == item_key)
    gold = session.scalar(query.where(Gold.project_id == project.id, Gold.retired_at.is_(None)))
    if gold is None:
        raise NotFound(f"item {item_key!r} is no gold")
    return gold


def release(session: Session, item: Item) -> None:
    """Make an item that is gold no longer an ordinary one, and the answers paid for its own."""
    locks.items(session, [item.id])
    query = select(Slot).join(Assignment, Assignment.id == Slot.assignment_id).where(Slot.item_id == item.id)
    query = query.where(Slot.gold_id.is_not(None), Slot.state == "done", Assignment.kind == "work")
    slots = session.scalars(query).all()
    for slot in slots:
        slot.gold_id = None
    session.flush()
    publish.want_more(session, {item.id: len(slots)} if slots else {})
    session.refresh(item)
    if item.state == "gold":
        advance(session, Item, "state", ("gold", "asking" if item.wanted else "new"), Item.id == item.id)
        session.refresh(item)


def _change(session: Session, project: Project) -> None:
    locks.step(session, project)
    # Pages are built with the gold known to a revision, see `terms`.
    locks.change(session, project)
    project.revision += 1
    session.flush()


def _concluded(session: Session, project: Project, item: Item) -> str | None:
    query = (
        select(Consensus.label)
        .join(CurrentRun, CurrentRun.run_id == Consensus.run_id)
        .where(CurrentRun.project_id == project.id, CurrentRun.method == project.method)
    )
    return session.scalar(query.where(Consensus.item_id == item.id))


def _in_force(session: Session, item_id: int) -> Gold | None:
    return session.scalar(select(Gold).where(Gold.item_id == item_id, Gold.retired_at.is_(None)))


def _was_asked(gold: Gold) -> bool:
    """Tell whether workers were asked this, and perhaps graded by it: what is withheld was."""
    return gold.use != "told" or gold.retired_because is not None


def _replace(
    session: Session,
    project: Project,
    old: Gold,
    label: str,
    accepted: dict[str, Any],
    explanation: str,
    now: datetime,
) -> Gold:
    is_settled = old.retired_because == DISPUTED  # why it was withheld ends with it
    use, withheld = ("hidden", None) if is_settled else (old.use, old.retired_because)
    old.retired_at, old.retired_because = now, "corrected"
    session.flush()
    new = Gold(
        project_id=project.id,
        item_id=old.item_id,
        label=label,
        accepted=accepted,
        source="expert",
        use=use,
        retired_because=withheld,
        explanation=explanation,
        replaces_id=old.id,
        created_at=now,
    )
    session.add(new)
    session.flush()
    return new


def _close_dispute(session: Session, gold: Gold, label: str | None, by: str, now: datetime) -> None:
    """Close the case that asked if this gold is right: it is corrected, or without a label retired."""
    waiting = select(Case).where(Case.gold_id == gold.id, Case.kind == "gold_dispute", Case.state == "open")
    for case in session.scalars(waiting):
        case.state, case.outcome = "closed", "retired" if label is None else "corrected"
        case.label, case.reviewer, case.closed_at = label, by, now


def _note(
    session: Session,
    project: Project,
    action: str,
    item: Item,
    reviewer: str,
    details: dict[str, Any],
    now: datetime,
) -> None:
    audit.record(
        session,
        requester_id=project.requester_id,
        project_id=project.id,
        actor=reviewer,
        action=action,
        subject=f"item:{item.key}",
        details=details,
        now=now,
    )
