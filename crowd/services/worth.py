"""What another answer to an item is worth: the right labels it is expected to gain, against its price."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from aggregation.panel import CAUTION
from crowd import frames
from crowd.models import Consensus, ConsensusRun, Item, Project
from crowd.services import standings
from crowd.services.setup import label_sets
from crowd.task_types import TASK_TYPES
from qc.gain import confusions, evidence, gains
from qc.routing import proven


def least_gain(project: Project) -> float | None:
    """Return how many right labels an answer must be expected to gain to be worth its price; None: any."""
    if not project.label_value_micros or not project.price_micros:
        return None
    return min(project.price_micros / project.label_value_micros, 0.99)


def expert(project: Project) -> float | None:
    """Return the price of an expert's answer in prices of an ordinary one; None where none is asked."""
    if not project.expert_price_micros:
        return None
    return project.expert_price_micros / max(project.price_micros, 1)


def expected(session: Session, project: Project, run: ConsensusRun) -> dict[int, float]:
    """Return by item what another answer is expected to gain, from the workers as the run sees them.

    Who answers next is taken for one of those who answer now, the busier the likelier. Items that the run
    says nothing of are left out, and all of them where answers are no labels. On the way workers are marked
    whose answers say more than most, where the project asks them first.
    """
    if not TASK_TYPES[project.task_type].is_categorical:
        return {}
    frame = frames.read_answers(session, project, label_sets.current(session, project).labels)
    said = _said(session, run)
    known = [place for place, item_id in enumerate(frame.item_ids.tolist()) if item_id in said]
    if not known:
        return {}
    labels = len(frame.answers.labels)
    posterior = np.full((len(frame.item_ids), labels), 1.0 / labels)
    posterior[known] = [said[int(frame.item_ids[place])].posterior for place in known]
    workers = confusions(frame.answers, posterior)
    busy = np.bincount(frame.answers.worker, minlength=len(workers))
    if project.routing:
        standings.prove(session, project, frame.worker_ids[proven(workers, busy)].tolist())
    votes = np.bincount(frame.answers.item, minlength=len(posterior))
    found = gains(
        posterior[known],
        votes[known],
        np.maximum(project.max_overlap - votes[known], 0),
        evidence(workers).mixed(busy.astype(np.float64)),
        temperature=CAUTION if run.method == "panel" else 1.0,
    )
    ids = frame.item_ids[known].tolist()
    return dict(zip(ids, found.tolist(), strict=True))


def rank(session: Session, found: Mapping[int, float]) -> None:
    """Let the items that gain most be asked first."""
    rows = [{"one": item_id, "place": -gain} for item_id, gain in found.items()]
    if rows:
        statement = update(Item).where(Item.id == bindparam("one")).values(rank=bindparam("place"))
        # On the connection: a session would read a list of parameters as an update by primary key.
        session.connection().execute(statement, rows)


def _said(session: Session, run: ConsensusRun) -> dict[int, Consensus]:
    query = select(Consensus).where(Consensus.run_id == run.id)
    return {row.item_id: row for row in session.scalars(query) if row.posterior}
