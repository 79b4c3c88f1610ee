"""Which items to ask about next: a selection run, stored with the reason for every item."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from crowd.errors import bad_input
from crowd.models import Batch, BatchItem, Item, Prediction, PredictionSet, Project
from crowd.selection.strategies import Choice
from crowd.selection.strategies import select as select_items
from crowd.services import locks, pay, predict


def choose(
    session: Session,
    project: Project,
    *,
    size: int | None = None,
    strategy: str | None = None,
    random_share: float | None = None,
    seed: int | None = None,
    now: datetime,
) -> Batch | None:
    """Choose new items by the project's strategy, or as told here; None when no item is left or affordable.

    Without predictions the whole batch is random. An item the newest model says nothing about counts
    as one it cannot tell at all.
    """
    locks.step(session, project)
    number = _batches(session, project)
    predictions = predict.latest(session, project)
    keys, probabilities = _candidates(session, project, predictions)
    wanted = _affordable(session, project, project.batch_size if size is None else size)
    name = "random" if predictions is None else strategy or project.strategy
    share = project.random_share if random_share is None else random_share
    seed = project.seed + number if seed is None else seed
    try:
        choices = select_items(
            probabilities,
            strategy=name,
            size=wanted,
            random_share=share,
            rng=np.random.default_rng(seed),
            labels=predictions.labels if predictions else None,
        )
    except ValueError as error:
        raise bad_input("strategy", str(error)) from None
    if not choices:
        return None
    parameters = {"size": wanted, "random_share": share, "candidates": len(keys)}
    batch = Batch(
        project_id=project.id,
        strategy=name,
        parameters=parameters,
        seed=seed,
        prediction_set_id=predictions.id if predictions else None,
        size=len(choices),
        created_at=now,
    )
    session.add(batch)
    session.flush()
    _store(session, batch, keys, choices)
    return batch


def batch_of(session: Session, project: Project, item_id: int) -> Batch | None:
    """Return the batch an item was chosen in."""
    query = select(Batch).join(BatchItem, BatchItem.batch_id == Batch.id).where(BatchItem.item_id == item_id)
    return session.scalars(
        query.where(Batch.project_id == project.id).order_by(Batch.id.desc()).limit(1)
    ).first()


def _affordable(session: Session, project: Project, size: int) -> int:
    answers = pay.affordable(session, project)
    return size if answers is None else min(size, answers // project.overlap)


def _candidates(
    session: Session, project: Project, predictions: PredictionSet | None
) -> tuple[list[int], NDArray[np.float64]]:
    """Return the items never asked about, with their probabilities."""
    query = select(Item.id).where(Item.project_id == project.id, Item.state == "new").order_by(Item.id)
    item_ids = list(session.scalars(query))
    if predictions is None:
        return item_ids, np.full((len(item_ids), 2), 0.5)
    rows = select(Prediction.item_id, Prediction.probabilities).join(Item, Item.id == Prediction.item_id)
    rows = rows.where(Prediction.prediction_set_id == predictions.id, Item.state == "new")
    stored = {item_id: probabilities for item_id, probabilities in session.execute(rows)}
    unknown = [1 / len(predictions.labels)] * len(predictions.labels)
    table = [stored.get(item_id, unknown) for item_id in item_ids]
    return item_ids, np.array(table, dtype=np.float64).reshape(len(item_ids), len(predictions.labels))


def _store(session: Session, batch: Batch, item_ids: list[int], choices: list[Choice]) -> None:
    session.execute(
        insert(BatchItem),
        [
            {
                "batch_id": batch.id,
                "item_id": item_ids[choice.index],
                "rank": choice.rank,
                "score": choice.score,
                "reason": choice.reason,
                "random": choice.random,
            }
            for choice in choices
        ],
    )


def _batches(session: Session, project: Project) -> int:
    return session.scalar(select(func.count()).where(Batch.project_id == project.id)) or 0
