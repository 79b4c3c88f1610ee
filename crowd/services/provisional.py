"""Between two runs: items with new answers are judged by what the last run knows of the workers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import compress
from typing import Any

import numpy as np
from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from aggregation.consensus import choose
from aggregation.provisional import Stand
from crowd import columns, frames
from crowd.columns import Ids
from crowd.db import bulk, chunks
from crowd.frames import AnswerFrame
from crowd.models import AnswerSet, Consensus, ConsensusRun, Item, Project, Provisional
from crowd.services import conclude, decide, locks, worth
from crowd.services.decide import Decided
from crowd.services.setup import label_sets


def update(session: Session, project: Project, *, now: datetime) -> Decided:
    """Judge and decide the items with answers that the last run has not read; the next run has the last word.

    Where that run keeps no view of its workers nothing is done: answers are no labels, predictions are
    heard, or items judged alone are too often judged otherwise. Where answers are bought by what they are
    worth, labels are shown, and decided on at the next run.
    """
    locks.step(session, project)
    run = conclude.latest_run(session, project)
    labels = label_sets.current(session, project)
    if run is None or run.stand is None or run.label_set_id != labels.id:
        return Decided()
    items = _touched(session, project, run)
    if not items.size:
        return Decided()
    frame = frames.read_answers(session, project, labels.labels, items=items)
    stand = Stand.unpacked(run.stand)
    rows = _judged(stand, frame, known=_votes(session, project, run))
    for some in chunks(rows["item_id"]):
        past = delete(Provisional).where(Provisional.item_id.in_(some))
        session.execute(past, execution_options={"synchronize_session": False})
    same = {"project_id": project.id, "run_id": run.id}
    bulk.insert(session, Provisional.__table__, rows, same=same)
    if worth.is_weighed(project):
        return Decided()
    said = zip(rows["votes"], rows["confidence"], strict=True)
    return decide.decide_soon(session, project, run, dict(zip(rows["item_id"], said, strict=True)), now=now)


def labels_of(
    session: Session, run: ConsensusRun, *, after: str = "", limit: int | None = None
) -> list[tuple[Item, Consensus | Provisional]]:
    """Return what `conclude.labels_of` does, with what is taken for the labels of items answered since."""
    query = (
        select(Item, Consensus, Provisional)
        .outerjoin(Consensus, and_(Consensus.item_id == Item.id, Consensus.run_id == run.id))
        .outerjoin(Provisional, and_(Provisional.item_id == Item.id, Provisional.run_id == run.id))
        .where(Item.project_id == run.project_id, Item.key > after)
        .where(or_(Consensus.item_id.is_not(None), Provisional.item_id.is_not(None)))
        .order_by(Item.key)
        .limit(limit)
    )
    return [(item, since or said) for item, said, since in session.execute(query)]


def _touched(session: Session, project: Project, run: ConsensusRun) -> Ids:
    """Return the items still asked about that have answers which the run has not read."""
    read = frames.unpack_ids(session.get_one(AnswerSet, run.answer_set_id).ids)
    since = max(int(read[-1]) - columns.STRAGGLERS, 0) if read.size else 0
    found = columns.since(session, project, since)
    items = np.unique(found[~np.isin(found[:, 0], read[read > since]), 1])
    asking = select(Item.id).where(Item.state == "asking")
    kept = [session.scalars(asking.where(Item.id.in_(some))).all() for some in chunks(items.tolist())]
    return np.array(sorted(item_id for some in kept for item_id in some), dtype=np.int64)


def _votes(session: Session, project: Project, run: ConsensusRun) -> dict[int, int]:
    """Return by item of how many answers its provisional label is made."""
    query = select(Provisional.item_id, Provisional.votes)
    query = query.where(Provisional.project_id == project.id, Provisional.run_id == run.id)
    return {item_id: votes for item_id, votes in session.execute(query)}


def _judged(stand: Stand, frame: AnswerFrame, *, known: Mapping[int, int]) -> dict[str, list[Any]]:
    """Judge the items whose answers have become more or fewer since they were judged last; by columns."""
    posterior = stand.judge(frame.answers)
    choice = choose(posterior, stand.prior)
    columns = {
        "item_id": frame.item_ids.tolist(),
        "label": [frame.answers.labels[code] for code in choice.tolist()],
        "confidence": posterior[np.arange(len(choice)), choice].round(conclude.DIGITS).tolist(),
        "posterior": frames.json_rows(posterior, conclude.DIGITS),
        "votes": np.bincount(frame.answers.item, minlength=len(posterior)).tolist(),
    }
    rows = zip(columns["item_id"], columns["votes"], strict=True)
    is_new = [votes != known.get(item_id) for item_id, votes in rows]
    return {name: list(compress(cells, is_new)) for name, cells in columns.items()}
