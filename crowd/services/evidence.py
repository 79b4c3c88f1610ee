"""What machines say beside people: the newest predictions of each lineage, as far as they prove right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aggregation.consensus import Consensus
from aggregation.fusion import fuse
from crowd.db import chunks
from crowd.frames import AnswerFrame
from crowd.models import Prediction, PredictionSet, Project

DIGITS = 6


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of the predictions: the posterior with them, and what each lineage weighed."""

    posterior: NDArray[np.float64]
    report: dict[str, Any]


def sets(session: Session, project: Project) -> dict[str, PredictionSet]:
    """Return the newest predictions of each lineage; none where the project does not want them heard."""
    if not project.fuse_predictions:
        return {}
    mine = PredictionSet.project_id == project.id
    newest = select(func.max(PredictionSet.id)).where(mine, PredictionSet.lineage.is_not(None))
    query = select(PredictionSet).where(PredictionSet.id.in_(newest.group_by(PredictionSet.lineage)))
    found = session.scalars(query.order_by(PredictionSet.lineage))
    return {row.lineage: row for row in found if row.lineage is not None}


def hear(
    session: Session,
    sources: Mapping[str, PredictionSet],
    frame: AnswerFrame,
    people: Consensus,
    gold: Mapping[str, str],
) -> Heard:
    """Weigh the predictions by the answers and return what people and machines say together."""
    tables = {lineage: _table(session, found, frame) for lineage, found in sources.items()}
    fused = fuse(frame.answers, people.posterior, tables, known=frame.answers.codes_of(gold))
    weighing = fused.weighing
    report = {
        "sources": {
            lineage: {"version": found.model_version, "weight": weighing.weights[lineage]}
            for lineage, found in sources.items()
        },
        "gain": round(weighing.gain, DIGITS),
        "error": round(weighing.error, DIGITS),
    }
    return Heard(fused.posterior, report)


def _table(session: Session, found: PredictionSet, frame: AnswerFrame) -> NDArray[np.float64]:
    """Return (items, labels) probabilities in the frame's order; nan rows where there is no prediction."""
    item_ids = frame.item_ids.tolist()
    row = {item_id: place for place, item_id in enumerate(item_ids)}
    table = np.full((len(item_ids), len(found.labels)), np.nan)
    query = select(Prediction.item_id, Prediction.probabilities)
    query = query.where(Prediction.prediction_set_id == found.id)
    for some in chunks(item_ids):
        for item_id, probabilities in session.execute(query.where(Prediction.item_id.in_(some))):
            table[row[item_id]] = probabilities
    return _spread(table, found.labels, frame.answers.labels)


def _spread(table: NDArray[np.float64], columns: Sequence[str], labels: Sequence[str]) -> NDArray[np.float64]:
    """Put the columns in the order of the labels; of a label it does not know a model says nothing."""
    wide = np.zeros((len(table), len(labels)))
    known = [labels.index(name) for name in columns if name in labels]
    wide[:, known] = table[:, [place for place, name in enumerate(columns) if name in labels]]
    unknown = np.setdiff1d(np.arange(len(labels)), known)
    wide[:, unknown] = wide[:, known].mean(axis=1, keepdims=True) if known else np.nan
    return wide
