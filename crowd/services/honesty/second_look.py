"""What answers given after a label was claimed say of it, by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from crowd import frames
from crowd.db import chunks
from crowd.frames import AnswerFrame
from crowd.models import Answer, AnswerSet, AuditPick, Consensus, ConsensusRun, Project
from crowd.services import quality
from crowd.services.setup import projects
from qc.claims import Trust, second_look, trust
from workers.quality import quality as measured

Floats = NDArray[np.float64]
# Looks at one gold item: its answers, shuffled, are a claim and a second look several times over.
SPLITS = 6
# Answers that a claim on gold rests on, and that look at it again.
CLAIM = LOOK = 3


def counted(session: Session, run: ConsensusRun) -> set[int]:
    """Return the answers that a run read."""
    return set(frames.unpack_ids(session.get_one(AnswerSet, run.answer_set_id).ids).tolist())


def look(
    session: Session, project: Project, run: ConsensusRun, picks: Sequence[AuditPick]
) -> dict[int, tuple[str, float]]:
    """Return by pick the label that its later answers point to, and how likely the claim is right.

    Workers are known by their answers to all other items. Picks without a later answer are left out.
    """
    labels = list(projects.labels(session, project).labels)
    later = _later(session, picks, counted(session, run))
    looked = [pick for pick in picks if pick.id in later and pick.label in labels]
    if not looked:
        return {}
    frame = frames.read_answers(session, project, labels)
    believed = quality.believed(session, project, frame, labels)
    known = _matrices(frame, believed, {pick.item_id for pick in picks})
    item, answer, matrices = [], [], []
    for place, pick in enumerate(looked):
        for row in later[pick.id]:
            item.append(place)
            answer.append(labels.index(row.value))
            matrices.append(known[row.worker_id])
    claimed = np.array([labels.index(pick.label) for pick in looked])
    others = _others(session, looked, len(labels))
    found = second_look(np.array(item), np.array(answer), np.array(matrices), claimed, others)
    right = _trust(session, project, frame, known).right(found.evidence)
    return {
        pick.id: (labels[label], float(likely))
        for pick, label, likely in zip(looked, found.found.tolist(), right.tolist(), strict=True)
    }


def _later(
    session: Session, picks: Sequence[AuditPick], counting: set[int]
) -> dict[int, list[Row[int, int, int, str]]]:
    by_item = {pick.item_id: pick for pick in picks}
    found: dict[int, list[Row[int, int, int, str]]] = {}
    for some in chunks(list(by_item)):
        query = select(Answer.id, Answer.item_id, Answer.worker_id, Answer.value)
        for row in session.execute(query.where(Answer.item_id.in_(some)).order_by(Answer.id)):
            pick = by_item[row.item_id]
            if row.id in counting and row.id not in pick.answers:
                found.setdefault(pick.id, []).append(row)
    return found


def _matrices(frame: AnswerFrame, believed: Floats, apart: set[int]) -> dict[int, Floats]:
    """Return by worker what they answer given the truth, judged by all items but those set apart."""
    answers, labels = frame.answers, believed.shape[1]
    others = ~np.isin(frame.item_ids, list(apart))
    kept = (others & ~np.isnan(believed).any(axis=1))[answers.item]
    counts = np.zeros((len(frame.worker_ids), labels, labels))
    rows = answers.worker[kept], answers.label[kept]
    np.add.at(counts.transpose(0, 2, 1), rows, believed[answers.item[kept]])
    matrices = measured(counts, rng=np.random.default_rng(0)).matrices
    return dict(zip(frame.worker_ids.tolist(), matrices, strict=True))


def _others(session: Session, picks: Sequence[AuditPick], labels: int) -> Floats:
    """Return how likely each label was by the run that made the claim; even odds keep all possible."""
    even = np.full(labels, 1.0 / labels)
    said: dict[int, list[float]] = {}
    for some in chunks([pick.item_id for pick in picks]):
        query = select(Consensus.item_id, Consensus.posterior).join(
            AuditPick, (AuditPick.item_id == Consensus.item_id) & (AuditPick.run_id == Consensus.run_id)
        )
        said.update(
            {row.item_id: row.posterior for row in session.execute(query.where(Consensus.item_id.in_(some)))}
        )
    rows = [said.get(pick.item_id, []) for pick in picks]
    return np.array([0.5 * (np.array(row) if len(row) == labels else even) + 0.5 * even for row in rows])


def _trust(session: Session, project: Project, frame: AnswerFrame, known: Mapping[int, Floats]) -> Trust:
    """Estimate from gold how far this crowd sees its own errors."""
    gold = {item_id: row.label for item_id, row in frames.read_gold(session, project).items()}
    answers, rng = frame.answers, np.random.default_rng(project.seed)
    labels = len(answers.labels)
    looks: list[tuple[NDArray[np.int64], int, bool]] = []
    for place, item_id in enumerate(frame.item_ids.tolist()):
        mine = np.flatnonzero(answers.item == place) if item_id in gold else np.array([], dtype=np.int64)
        for _ in range(SPLITS if len(mine) > CLAIM else 0):
            shuffled = rng.permutation(mine)
            votes = np.bincount(answers.label[shuffled[:CLAIM]], minlength=labels)
            claim = int(votes.argmax())
            looks.append((shuffled[CLAIM : CLAIM + LOOK], claim, answers.labels[claim] == gold[item_id]))
    if not looks:
        return Trust()
    rows = np.concatenate([rows for rows, _, _ in looks])
    found = second_look(
        np.repeat(np.arange(len(looks)), [len(rows) for rows, _, _ in looks]),
        answers.label[rows],
        np.array([known[worker] for worker in frame.worker_ids[answers.worker[rows]].tolist()]),
        np.array([claim for _, claim, _ in looks]),
        np.full((len(looks), labels), 1.0 / labels),
    )
    right = np.array([right for _, _, right in looks])
    return trust(found.evidence, right, np.full(len(looks), 1.0 / SPLITS))
