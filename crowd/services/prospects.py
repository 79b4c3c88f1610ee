"""Whether a model has learned enough for its doubts to choose by, judged on labels it has not seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Batch, BatchItem, Gold, Prediction, PredictionSet, Project
from crowd.selection.learnability import FEWEST, Learned, learned
from crowd.services import merge


def judge(session: Session, project: Project, predictions: PredictionSet) -> Learned | None:
    """Hold out-of-fold predictions against the labels of gold and of items that were drawn at random.

    Returns None where nothing can be said: of a model that may have learned from the labels it is held
    against, and of one trained elsewhere before there are labels enough to judge it by.
    """
    if predictions.lineage is None:
        return None
    labels = {known.item_id: known.label for known in merge.candidates(session, project)}
    fair = {item_id: label for item_id, label in labels.items() if item_id in _fair(session, project)}
    found = _learned(session, predictions, fair)
    is_ours = predictions.lineage == f"model:{project.model}"
    return found if is_ours or found.items >= FEWEST else None


def _fair(session: Session, project: Project) -> set[int]:
    """Return the items that no model chose: on those it doubts it looks worse than it is."""
    drawn = select(BatchItem.item_id).join(Batch, Batch.id == BatchItem.batch_id)
    drawn = drawn.where(Batch.project_id == project.id, or_(BatchItem.random, Batch.strategy == "random"))
    gold = select(Gold.item_id).where(Gold.project_id == project.id)
    return {*session.scalars(drawn), *session.scalars(gold)}


def _learned(session: Session, predictions: PredictionSet, labels: Mapping[int, str]) -> Learned:
    code = {label: column for column, label in enumerate(predictions.labels)}
    query = select(Prediction.item_id, Prediction.probabilities)
    query = query.where(Prediction.prediction_set_id == predictions.id)
    rows = [
        (probabilities, code[labels[item_id]])
        for some in chunks(sorted(labels))
        for item_id, probabilities in session.execute(query.where(Prediction.item_id.in_(some)))
        if labels[item_id] in code
    ]
    table = np.array([row for row, _ in rows]).reshape(len(rows), len(code))
    return learned(table, np.array([label for _, label in rows], dtype=np.int64))
