"""A case with all that a reviewer needs to see in order to rule on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from crowd.models import (
    Answer,
    Case,
    Consensus,
    Decision,
    Gold,
    Item,
    Project,
    Restriction,
    Skill,
    Slot,
    Worker,
)
from crowd.services import conclude
from crowd.services.experts import rulings
from crowd.services.setup import projects
from crowd.services.trust import reinstate

MOST_ANSWERS = 100


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer that bears on a case, beside gold where there is any."""

    item: str
    worker: str
    value: str
    counts: bool  # False: set aside
    accuracy: float | None  # of the worker, as far as gold tells
    note: str | None
    gold: str | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case as a reviewer reads it, with the answers to its item, or of the page or the worker."""

    case: Case
    outcomes: Sequence[str]
    labels: Sequence[str]
    item: Item | None
    gold: Gold | None
    worker: Worker | None
    restriction: Restriction | None
    label: str | None  # what the answers say together
    confidence: float | None
    posterior: Mapping[str, float]
    reason: str | None  # of the newest decision on the item
    answers: Sequence[Heard]


def read(session: Session, project: Project, case: Case) -> CaseFile:
    """Return a case with its item, what was said of it, and what is known."""
    labels = projects.labels(session, project).labels
    said = _consensus(session, project, case.item_id) if case.item_id else None
    posterior = dict(zip(labels, said.posterior, strict=False)) if said else {}
    return CaseFile(
        case=case,
        outcomes=rulings.OUTCOMES[case.kind],
        labels=labels,
        item=session.get(Item, case.item_id) if case.item_id else None,
        gold=_gold(session, case),
        worker=session.get(Worker, case.worker_id) if case.worker_id else None,
        restriction=session.get(Restriction, case.restriction_id) if case.restriction_id else None,
        label=said.label if said else None,
        confidence=said.confidence if said else None,
        posterior=posterior,
        reason=_reason(session, case.item_id) if case.item_id else None,
        answers=_answers(session, project, case),
    )


def keys(session: Session, found: Sequence[Case]) -> dict[int, str]:
    """Return the keys of the items that these cases are about, by id."""
    ids = {case.item_id for case in found if case.item_id is not None}
    query = select(Item.id, Item.key).where(Item.id.in_(ids))
    return {item_id: key for item_id, key in session.execute(query)}


def _consensus(session: Session, project: Project, item_id: int) -> Consensus | None:
    run = conclude.latest_run(session, project)
    if run is None:
        return None
    return session.scalar(select(Consensus).where(Consensus.run_id == run.id, Consensus.item_id == item_id))


def _gold(session: Session, case: Case) -> Gold | None:
    if case.gold_id is not None:
        return session.get(Gold, case.gold_id)
    query = select(Gold).where(Gold.item_id == case.item_id, Gold.retired_at.is_(None))
    return session.scalar(query) if case.item_id is not None else None


def _reason(session: Session, item_id: int) -> str | None:
    query = select(Decision.reason).where(Decision.item_id == item_id).order_by(Decision.id.desc())
    return session.scalar(query.limit(1))


def _answers(session: Session, project: Project, case: Case) -> list[Heard]:
    newest = select(func.max(Skill.id)).where(Skill.project_id == project.id, Skill.name == "accuracy")
    skill = select(Skill).where(Skill.id.in_(newest.group_by(Skill.worker_id))).subquery()
    aside = Answer.id.in_(reinstate.excluded(project))
    query = (
        select(Item.key, Worker.pseudonym, Answer.value, ~aside, skill.c.value, Answer.note, Gold.label)
        .join(Slot, Slot.id == Answer.slot_id)
        .join(Item, Item.id == Answer.item_id)
        .join(Worker, Worker.id == Answer.worker_id)
        .outerjoin(skill, skill.c.worker_id == Answer.worker_id)
        .outerjoin(Gold, Gold.id == Slot.gold_id)
        .where(Answer.project_id == project.id)
    )
    if case.item_id is not None:
        query = query.where(Answer.item_id == case.item_id).order_by(Answer.id)
    elif case.assignment_id is not None:
        query = query.where(Slot.assignment_id == case.assignment_id).order_by(Slot.position)
    else:  # of a worker who was kept out: what gold said of them
        query = query.where(Answer.worker_id == case.worker_id, Slot.gold_id.is_not(None))
        query = query.order_by(Answer.id.desc())
    return [_heard(row) for row in session.execute(query.limit(MOST_ANSWERS))]


def _heard(row: Row[*tuple[Any, ...]]) -> Heard:
    key, worker, value, counts, accuracy, note, gold = row
    return Heard(key, worker, value, bool(counts), accuracy, note, gold)
