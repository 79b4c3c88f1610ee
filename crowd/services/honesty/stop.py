"""Whether a project as a whole has bought enough, with the evidence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.models import Consensus, ConsensusRun, Item, Prediction, PredictionSet, Project
from crowd.services import conclude, pay, predict
from crowd.services.honesty import accuracy
from crowd.task_types import TASK_TYPES
from qc.stopping import Evidence, Verdict, decide, parse

Floats = NDArray[np.float64]
LABELLED, UNLABELLED = ("settled", "given_up"), ("new", "asking")


def verdict(session: Session, project: Project) -> Verdict | None:
    """Say whether the project's rule is met; None where it has no rule."""
    rule = parse(project.stop)
    if rule is None:
        return None
    return decide(rule, evidence(session, project, target=rule.accuracy))


def evidence(session: Session, project: Project, *, target: float | None = None) -> Evidence:
    """Estimate how many of all items are right if every one is labelled by what is known now.

    Labels of people count as their claims do, corrected by the audit slice. Other items
    take the newest predictions, as far as these agreed with people so far; without any, the commonest label.
    """
    run = conclude.latest_run(session, project)
    claims, guesses = _claims(session, run), _guesses(session, project, run)
    correction = accuracy.corrected(session, project)
    share = correction.share(claims) if len(claims) else None
    known, rest = len(claims), len(guesses)
    whole, guessed = max(known + rest, 1), float(guesses.sum())

    def of_all(value: float | None) -> float:
        return ((value or 0.0) * known + guessed) / whole

    needed = np.inf if target is None or not known else (target * whole - guessed) / known
    doubtful = np.sort(guesses)[: project.batch_size]
    budget = pay.budget(session, project)
    least = project.overlap * pay.answer_micros(project, project.channel)
    used = budget.held + budget.spent
    return Evidence(
        settled=known,
        rest=rest,
        accuracy=of_all(share.value if share else None),
        low=of_all(share.low if share else None),
        high=of_all(share.high if share else None),
        certainty=correction.certainty(claims, needed) if known else 0.0,
        gain=max(0.0, share.value - float(doubtful.mean())) if share and rest else 0.0,
        item_micros=max(used // known, least) if known else least,
        least_micros=least,
        used_micros=used,
        free_micros=budget.cap - used,
    )


def _claims(session: Session, run: ConsensusRun | None) -> Floats:
    if run is None:
        return np.array([])
    query = select(Consensus.confidence).join(Item, Item.id == Consensus.item_id)
    query = query.where(Consensus.run_id == run.id, Item.state.in_(LABELLED))
    return np.array(session.scalars(query).all(), dtype=np.float64)


def _guesses(session: Session, project: Project, run: ConsensusRun | None) -> Floats:
    """Return how likely each item that is not labelled yet would be labelled right by a guess."""
    query = select(func.count()).where(Item.project_id == project.id, Item.state.in_(UNLABELLED))
    rest = session.scalar(query) or 0
    predictions = predict.latest(session, project)
    if predictions is None or not TASK_TYPES[project.task_type].is_categorical:
        return np.full(rest, _commonest(session, run))
    table = select(Prediction.probabilities).join(Item, Item.id == Prediction.item_id)
    table = table.where(Prediction.prediction_set_id == predictions.id, Item.state.in_(UNLABELLED))
    sure = np.array([max(row) for row in session.scalars(table)], dtype=np.float64)
    unknown = np.full(max(rest - len(sure), 0), 1.0 / len(predictions.labels))
    return np.concatenate([np.minimum(sure * _honesty(session, predictions, run), 1.0), unknown])


def _honesty(session: Session, predictions: PredictionSet, run: ConsensusRun | None) -> float:
    """Return how often predictions agree with people, as a share of how often they say they do."""
    query = select(Prediction.probabilities, Consensus.label, Consensus.confidence)
    query = query.join(Consensus, Consensus.item_id == Prediction.item_id)
    query = query.where(
        Prediction.prediction_set_id == predictions.id, Consensus.run_id == (run.id if run else 0)
    )
    claimed = agreed = 0.0
    for probabilities, label, confidence in session.execute(query):
        place = int(np.argmax(probabilities))
        claimed += probabilities[place]
        agreed += confidence if predictions.labels[place] == label else 1.0 - confidence
    return agreed / claimed if claimed else 1.0


def _commonest(session: Session, run: ConsensusRun | None) -> float:
    """Return the share of the commonest label; 0 where answers are no labels, or there are none."""
    if run is None:
        return 0.0
    count = func.count()
    query = select(Consensus.label, count).where(Consensus.run_id == run.id).group_by(Consensus.label)
    counts = [number for _, number in session.execute(query)]
    # One more label of another kind: four equal answers do not make all others equal.
    return max(counts) / (sum(counts) + 1) if counts else 0.0
