"""What is sure becomes a training set: a frozen version whose every row says where it comes from."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from crowd import frames
from crowd.errors import bad_input
from crowd.models import (
    Answer,
    AnswerSet,
    Batch,
    BatchItem,
    Consensus,
    ConsensusRun,
    Example,
    Gold,
    Item,
    PredictionSet,
    Project,
    Provisional,
    TrainingSet,
    TrainingSetVersion,
    Worker,
)
from crowd.services import conclude, locks

DEFAULT_NAME = "main"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A label that is sure enough to train on."""

    item_id: int
    key: str
    payload_digest: str
    label: str
    confidence: float
    source: str
    run_id: int | None = None
    gold_id: int | None = None


def candidates(session: Session, project: Project, *, min_confidence: float = 0.0) -> list[Candidate]:
    """Return every label the project knows now: gold, and the consensus on items no longer asked about."""
    run = conclude.latest_run(session, project)
    decided = [] if run is None else _decided(session, run, min_confidence)
    return sorted([*_gold(session, project), *decided], key=lambda candidate: candidate.key)


def freeze(
    session: Session,
    project: Project,
    *,
    name: str = DEFAULT_NAME,
    min_confidence: float = 0.0,
    now: datetime,
) -> TrainingSetVersion:
    """Freeze the labels known now into the next version; equal content gives the version that has it."""
    locks.step(session, project)
    chosen = candidates(session, project, min_confidence=min_confidence)
    if not chosen:
        raise bad_input(
            "training set",
            "there is no label yet; take a turn of the loop once there are answers, or import gold",
        )
    digest = content_hash(chosen)
    training_set = _training_set(session, project, name, now)
    newest = _newest(session, training_set)
    if newest is not None and newest.content_hash == digest:
        return newest
    version = TrainingSetVersion(
        training_set_id=training_set.id,
        number=1 if newest is None else newest.number + 1,
        content_hash=digest,
        size=len(chosen),
        manifest=_manifest(session, project, min_confidence),
        created_at=now,
    )
    session.add(version)
    session.flush()
    _insert(session, project, version, chosen)
    return version


def content_hash(rows: Iterable[Candidate]) -> str:
    """Return the hash of a version's content: item, payload, label, confidence and source of every row."""
    content = hashlib.sha256()
    for row in sorted(rows, key=lambda row: row.key):
        line = [row.key, row.payload_digest, row.label, row.confidence, row.source]
        content.update(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    return content.hexdigest()


def versions(
    session: Session, project: Project, name: str | None = None
) -> list[tuple[str, TrainingSetVersion]]:
    """Return the versions of the project's training sets, newest first."""
    query = select(TrainingSet.name, TrainingSetVersion).join(
        TrainingSetVersion, TrainingSetVersion.training_set_id == TrainingSet.id
    )
    query = query.where(TrainingSet.project_id == project.id).order_by(TrainingSetVersion.id.desc())
    rows = session.execute(query if name is None else query.where(TrainingSet.name == name))
    return [(row[0], row[1]) for row in rows]


def _gold(session: Session, project: Project) -> list[Candidate]:
    query = select(Item.id, Item.key, Item.payload_digest, Gold.label, Gold.id).join(
        Gold, Gold.item_id == Item.id
    )
    query = query.where(Gold.project_id == project.id, Gold.retired_at.is_(None))
    return [
        Candidate(item_id, key, payload_digest, label, 1.0, "gold", gold_id=gold_id)
        for item_id, key, payload_digest, label, gold_id in session.execute(query)
    ]


def _decided(session: Session, run: ConsensusRun, min_confidence: float) -> list[Candidate]:
    query = select(Item.id, Item.key, Item.payload_digest, Consensus.label, Consensus.confidence)
    query = query.join(Consensus, Consensus.item_id == Item.id)
    # What was settled since is no training label yet: the run has not read all its answers.
    since = select(Provisional.item_id).where(Provisional.run_id == run.id)
    query = query.where(
        Consensus.run_id == run.id,
        Consensus.item_id.not_in(since),
        Consensus.votes > 0,
        Consensus.confidence >= min_confidence,
        Item.state.in_(("settled", "given_up")),
    )
    return [
        Candidate(item_id, key, payload_digest, label, confidence, "consensus", run_id=run.id)
        for item_id, key, payload_digest, label, confidence in session.execute(query)
    ]


def _training_set(session: Session, project: Project, name: str, now: datetime) -> TrainingSet:
    query = select(TrainingSet).where(TrainingSet.project_id == project.id, TrainingSet.name == name)
    found = session.scalars(query).first()
    if found is None:
        found = TrainingSet(project_id=project.id, name=name, created_at=now)
        session.add(found)
        session.flush()
    return found


def _newest(session: Session, training_set: TrainingSet) -> TrainingSetVersion | None:
    query = select(TrainingSetVersion).where(TrainingSetVersion.training_set_id == training_set.id)
    return session.scalars(query.order_by(TrainingSetVersion.number.desc()).limit(1)).first()


def _manifest(session: Session, project: Project, min_confidence: float) -> dict[str, Any]:
    run = conclude.latest_run(session, project)
    return {
        "method": project.method,
        "run": None if run is None else run.key,
        "min_confidence": min_confidence,
        "overlap": project.overlap,
        "confidence": project.confidence,
    }


def _insert(
    session: Session, project: Project, version: TrainingSetVersion, chosen: Sequence[Candidate]
) -> None:
    answers, workers = _lineage(session, project)
    batches = _batches(session, project)
    session.execute(
        insert(Example),
        [
            {
                "version_id": version.id,
                "item_id": row.item_id,
                "label": row.label,
                "confidence": row.confidence,
                "source": row.source,
                "run_id": row.run_id,
                "gold_id": row.gold_id,
                "batch_id": batches.get(row.item_id, (None, None))[0],
                "model_version": batches.get(row.item_id, (None, None))[1],
                "answers": answers[row.item_id] if row.run_id else [],
                "workers": workers[row.item_id] if row.run_id else [],
            }
            for row in chosen
        ],
    )


def _lineage(session: Session, project: Project) -> tuple[dict[int, list[int]], dict[int, list[str]]]:
    """Return, by item, the answers the newest run read and the pseudonyms of those who gave them."""
    answers: dict[int, list[int]] = defaultdict(list)
    workers: dict[int, list[str]] = defaultdict(list)
    run = conclude.latest_run(session, project)
    if run is None:
        return answers, workers
    read = set(frames.unpack_ids(session.get_one(AnswerSet, run.answer_set_id).ids).tolist())
    query = select(Answer.id, Answer.item_id, Worker.pseudonym).join(Worker, Worker.id == Answer.worker_id)
    for answer_id, item_id, pseudonym in session.execute(
        query.where(Answer.project_id == project.id).order_by(Answer.id)
    ):
        if answer_id in read:
            answers[item_id].append(answer_id)
            workers[item_id].append(pseudonym)
    return answers, workers


def _batches(session: Session, project: Project) -> dict[int, tuple[int | None, str | None]]:
    query = (
        select(BatchItem.item_id, Batch.id, PredictionSet.model_version)
        .join(Batch, Batch.id == BatchItem.batch_id)
        .outerjoin(PredictionSet, PredictionSet.id == Batch.prediction_set_id)
        .where(Batch.project_id == project.id)
        .order_by(Batch.id)
    )
    return {item_id: (batch_id, model_version) for item_id, batch_id, model_version in session.execute(query)}
