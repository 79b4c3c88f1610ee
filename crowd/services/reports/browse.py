"""What is stored, list by list; each goes on after a given row, so that what is added never shifts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from crowd import frames
from crowd.models import (
    Answer,
    AnswerSet,
    Batch,
    BatchItem,
    ConsensusRun,
    Decision,
    Gold,
    Item,
    LabelSet,
    PredictionSet,
    Project,
    Slot,
    Worker,
)
from crowd.services.access import scope
from crowd.services.access.keys import Principal
from crowd.services.people import eligibility


@dataclass(frozen=True, slots=True)
class ItemStory:
    """An item with what has happened to it."""

    item: Item
    answers: int
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class GoldLine:
    """Gold with the number of workers it was shown to."""

    item: str
    label: str
    shown: int
    source: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """One item of a batch, with why it was chosen."""

    item: str
    rank: int
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """An answer that a consensus was made of, and who gave it."""

    answer: int
    worker: str
    value: str


def projects(session: Session, principal: Principal, *, after: str = "", limit: int) -> Sequence[Project]:
    """Return projects by slug."""
    query = scope.projects(principal).where(Project.slug > after)
    return session.scalars(query.order_by(Project.slug).limit(limit)).all()


def items(session: Session, project: Project, *, after: str = "", limit: int) -> Sequence[Item]:
    """Return items by key."""
    query = select(Item).where(Item.project_id == project.id, Item.key > after)
    return session.scalars(query.order_by(Item.key).limit(limit)).all()


def item(session: Session, project: Project, row: Item) -> ItemStory:
    """Return what has happened to one item."""
    answers = select(func.count()).where(Answer.project_id == project.id, Answer.item_id == row.id)
    decision = select(Decision).where(Decision.item_id == row.id).order_by(Decision.id.desc()).limit(1)
    return ItemStory(row, session.scalar(answers) or 0, session.scalars(decision).first())


def gold(session: Session, project: Project, *, after: str = "", limit: int) -> list[GoldLine]:
    """Return the gold in force by item key."""
    # What was shown before a correction was shown all the same.
    once = aliased(Gold)
    shown = select(func.count(Slot.id)).join(once, once.id == Slot.gold_id).where(once.item_id == Item.id)
    query = (
        select(Item.key, Gold.label, shown.correlate(Item).scalar_subquery(), Gold.source, Gold.created_at)
        .join(Gold, Gold.item_id == Item.id)
        .where(Gold.project_id == project.id, Gold.retired_at.is_(None), Item.key > after)
        .order_by(Item.key)
        .limit(limit)
    )
    return [GoldLine(*row) for row in session.execute(query)]


def predictions(
    session: Session, project: Project, *, before: int | None = None, limit: int
) -> Sequence[PredictionSet]:
    """Return the prediction sets, newest first."""
    query = select(PredictionSet).where(PredictionSet.project_id == project.id)
    if before is not None:
        query = query.where(PredictionSet.id < before)
    return session.scalars(query.order_by(PredictionSet.id.desc()).limit(limit)).all()


def batches(session: Session, project: Project, *, before: int | None = None, limit: int) -> Sequence[Batch]:
    """Return the batches, newest first."""
    query = select(Batch).where(Batch.project_id == project.id)
    if before is not None:
        query = query.where(Batch.id < before)
    return session.scalars(query.order_by(Batch.id.desc()).limit(limit)).all()


def chosen(session: Session, batch: Batch, *, after: int | None = None, limit: int) -> list[Chosen]:
    """Return the items of a batch by rank."""
    query = select(Item.key, BatchItem.rank, BatchItem.score, BatchItem.reason)
    query = query.join(BatchItem, BatchItem.item_id == Item.id).where(BatchItem.batch_id == batch.id)
    if after is not None:
        query = query.where(BatchItem.rank > after)
    return [Chosen(*row) for row in session.execute(query.order_by(BatchItem.rank).limit(limit))]


def model_version(session: Session, batch: Batch) -> str | None:
    """Return the version of the model whose predictions a batch was chosen by."""
    query = select(PredictionSet.model_version).where(PredictionSet.id == batch.prediction_set_id)
    return session.scalar(query)


def label_set(session: Session, run: ConsensusRun) -> LabelSet:
    """Return the labels that a run's posteriors are in the order of."""
    return session.get_one(LabelSet, run.label_set_id)


def lineage(session: Session, run: ConsensusRun, item_ids: Sequence[int]) -> dict[int, list[Lineage]]:
    """Return, by item, the answers a run read. Ask for one page of items: they go into one statement."""
    read = set(frames.unpack_ids(session.get_one(AnswerSet, run.answer_set_id).ids).tolist())
    query = (
        select(Answer.item_id, Answer.id, Worker.pseudonym, Answer.value)
        .join(Worker, Worker.id == Answer.worker_id)
        .where(Answer.project_id == run.project_id, Answer.item_id.in_(item_ids))
        .order_by(Answer.id)
    )
    found: dict[int, list[Lineage]] = {item_id: [] for item_id in item_ids}
    for item_id, answer, worker, value in session.execute(query):
        if answer in read:
            found[item_id].append(Lineage(answer, worker, value))
    return found


def projects_of(
    session: Session, worker: Worker, *, after: int = 0, limit: int, now: datetime
) -> Sequence[Project]:
    """Return the projects a worker may at least try to claim work of."""
    query = select(Project).where(eligibility.open_to(worker, now), Project.id > after)
    return session.scalars(query.order_by(Project.id).limit(limit)).all()
