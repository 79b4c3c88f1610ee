"""Which items to ask about next: a selection run, stored with the reason for every item."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from crowd.errors import bad_input
from crowd.models import Batch, BatchItem, Item, Prediction, PredictionSet, Project
from crowd.selection.growth import growing
from crowd.selection.learnability import FEWEST
from crowd.selection.strategies import Choice
from crowd.selection.strategies import select as select_items
from crowd.services import locks, merge, pay, predict, prospects

DIGITS = 6


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

    Without predictions the whole batch is random, and while the model has learned nothing that its doubts
    could be worth: the batch's parameters say so. A strategy that is told here is followed whatever the model
    has learned. An item the newest model says nothing about counts as one it cannot tell at all.
    """
    locks.step(session, project)
    number = _batches(session, project)
    predictions = predict.latest(session, project)
    keys, probabilities = _candidates(session, project, predictions)
    wanted = _affordable(session, project, _size(session, project) if size is None else size)
    name, judged = _strategy(session, project, predictions, strategy)
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
    parameters = {"size": wanted, "random_share": share, "candidates": len(keys), **judged}
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


def fallback(batch: Batch) -> str | None:
    """Say why a batch was drawn at random against the project's strategy; None where it was not."""
    said: str | None = batch.parameters.get("fallback")
    return said


def _strategy(
    session: Session, project: Project, predictions: PredictionSet | None, told: str | None
) -> tuple[str, dict[str, Any]]:
    """Return the strategy to follow, and what is known of the model, for the batch to keep."""
    if predictions is None:
        return "random", {}
    name = told or project.strategy
    if told or name == "random" or (found := prospects.judge(session, project, predictions)) is None:
        return name, {}
    numbers: dict[str, Any] = {"items": found.items}
    if found.items >= FEWEST:
        numbers |= {"gain": round(found.gain, DIGITS), "error": round(found.error, DIGITS)}
    if found.proven:
        return name, {"model": numbers}
    return "random", {"model": numbers, "fallback": f"random instead of {name}: {found.reason}"}


def _size(session: Session, project: Project) -> int:
    """Return the project's batch size, or less while a model that learns on the way knows little."""
    if project.model is None or project.strategy == "random":
        return project.batch_size
    return growing(project.batch_size, len(merge.candidates(session, project)))


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
