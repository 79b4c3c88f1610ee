"""What a worker said, beside the truth or beside what others said: read for the test of whether they look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from aggregation.answers import UNKNOWN, Answers
from crowd import frames
from crowd.models import Answer, Gold, Grade, Project, Slot
from crowd.services.trust import reinstate
from qc import peers, spam
from qc.spam import Observation

Told = Row[int, int, int, str, int | None]  # answer, item, worker, value, gold


def read(
    session: Session, project: Project, labels: Sequence[str], worker_ids: Collection[int]
) -> dict[int, list[Observation]]:
    """Return all that these workers said, in the order they said it.

    It depends on what is stored and on nothing else, so that a corrected gold can be replayed. What is
    accepted beside the label of gold is as right as the label; an answer with part of the credit tells
    neither way, nor does gold of a label that nobody gives. Of workers set aside only their own history knows
    their answers.
    """
    code = {label: position for position, label in enumerate(labels)}
    rows = [row for row in _answers(session, project) if row.value in code]
    truths = _truths(session, project, code)
    beside = _others(session, project, labels, rows)
    histories: dict[int, list[Observation]] = {worker_id: [] for worker_id in worker_ids}
    for row in rows:
        if row.worker_id in histories:
            histories[row.worker_id].append(_observation(row, code, truths, beside))
    return histories


def _observation(
    row: Told,
    code: Mapping[str, int],
    truths: Mapping[int, int],
    beside: Mapping[int, tuple[float, ...]],
) -> Observation:
    answer = code[row.value]
    if row.gold_id is not None:
        return Observation(answer, truths.get(row.id))
    return Observation(answer, others=beside.get(row.id))


def _answers(session: Session, project: Project) -> list[Told]:
    query = (
        select(Answer.id, Answer.item_id, Answer.worker_id, Answer.value, Slot.gold_id)
        .join(Slot, Slot.id == Answer.slot_id)
        .where(Answer.project_id == project.id)
    )
    return list(session.execute(query.order_by(Answer.id)))


def _truths(session: Session, project: Project, code: Mapping[str, int]) -> dict[int, int]:
    """Return by answer what would have been right, as the gold in force says."""
    query = (
        select(Answer.id, Answer.value, Gold.label, Grade.correct)
        .join(Grade, Grade.answer_id == Answer.id)
        .join(Gold, Gold.id == Grade.gold_id)
        .where(Grade.project_id == project.id, Gold.retired_at.is_(None))
        .where(or_(Grade.correct, Grade.score == 0))
    )
    rows = [row for row in session.execute(query) if row.label in code and row.value in code]
    records: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in rows:
        right, graded = records[code[row.label]]
        records[code[row.label]] = right + row.correct, graded + 1
    silent = spam.unlearned(records, len(code))
    return {
        row.id: code[row.value if row.correct else row.label] for row in rows if code[row.label] not in silent
    }


def _others(
    session: Session, project: Project, labels: Sequence[str], rows: Sequence[Told]
) -> dict[int, tuple[float, ...]]:
    """Return by answer what the others make of its item, where there are others."""
    if not rows:
        return {}
    code = {label: position for position, label in enumerate(labels)}
    items, item = np.unique([row.item_id for row in rows], return_inverse=True)
    workers, worker = np.unique([row.worker_id for row in rows], return_inverse=True)
    answers = Answers(
        item=item.astype(np.int32),
        worker=worker.astype(np.int32),
        label=np.array([code[row.value] for row in rows], dtype=np.int32),
        items=tuple(map(str, items.tolist())),
        workers=tuple(map(str, workers.tolist())),
        labels=tuple(labels),
    )
    known = {
        item_id: code.get(gold.label, UNKNOWN) for item_id, gold in frames.read_gold(session, project).items()
    }
    truth = np.array([known.get(item_id, UNKNOWN) for item_id in items.tolist()], dtype=np.int32)
    aside = set(session.scalars(reinstate.excluded(project)))
    counting = np.array([row.id not in aside for row in rows])
    posterior = peers.others(answers, truth, counting=counting)
    said = ~np.isnan(posterior[:, 0])
    return {
        row.id: tuple(one)
        for row, one, is_said in zip(rows, posterior.tolist(), said.tolist(), strict=True)
        if is_said and row.gold_id is None
    }
