"""Answers become consensus: one run reads an explicit set of answers and stores what they say together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress
from typing import Any

import numpy as np
from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from aggregation.consensus import Consensus as Conclusion
from aggregation.consensus import refined
from aggregation.provisional import Stand
from aggregation.registry import aggregate
from crowd import frames
from crowd.db import bulk, decimals
from crowd.errors import bad_input
from crowd.frames import AnswerFrame, ReadingFrame
from crowd.models import (
    AnswerSet,
    Consensus,
    ConsensusRun,
    CurrentRun,
    Gold,
    Item,
    LabelSet,
    PredictionSet,
    Project,
    Provisional,
)
from crowd.services import estimate, evidence, locks
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES

# What the default is always shown beside.
COMPANIONS = ("majority", "dawid-skene")
DIGITS = decimals.PLACES
# Share of items that, judged by the workers' matrices alone, get the same label: else there is no judging so.
TRUSTED = 0.95
Stage = Callable[[str], AbstractContextManager[None]]
Frame = AnswerFrame | ReadingFrame


def unwatched(_text: str) -> AbstractContextManager[None]:
    """Show nobody what is being done."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class _Question:
    """What is concluded: which answers, and how."""

    project: Project
    label_set: LabelSet
    frame: Frame
    method: str
    parameters: dict[str, Any]

    @property
    def is_own(self) -> bool:
        """Tell whether this is the project's method, and not one it is compared with."""
        return self.method == self.project.method


@dataclass(frozen=True, slots=True)
class _Concluded:
    """All that a run says, column by column: what is at one place is about one item."""

    item_ids: list[int]
    labels: list[str]
    confidence: list[float]
    votes: list[int]
    posterior: list[str]  # as JSON; an empty list where answers are no labels
    human_posterior: list[str] | None = None  # where machines were heard too
    iterations: int = 0
    log_likelihood: float | None = None
    evidence: dict[str, Any] | None = None
    stand: bytes | None = None


def conclude(
    session: Session,
    project: Project,
    *,
    method: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    now: datetime,
    stage: Stage = unwatched,
) -> ConsensusRun:
    """Aggregate all answers that count; the same answers, method and parameters give the same run."""
    locks.step(session, project)
    label_set = projects.labels(session, project)
    with stage("reading answers"):
        frame = _read(session, project, label_set)
    chosen = dict(project.method_parameters if parameters is None else parameters)
    return _run(session, _Question(project, label_set, frame, method or project.method, chosen), now, stage)


def conclude_all(session: Session, project: Project, *, now: datetime) -> ConsensusRun:
    """Run the project's method and the ones it is always compared with; return the project's own run."""
    locks.step(session, project)
    label_set = projects.labels(session, project)
    frame = _read(session, project, label_set)
    own = _Question(project, label_set, frame, project.method, dict(project.method_parameters))
    for method in COMPANIONS if isinstance(frame, AnswerFrame) else ():
        if method != project.method:
            _run(session, replace(own, method=method, parameters={}), now)
    return _run(session, own, now)


def latest_run(session: Session, project: Project, method: str | None = None) -> ConsensusRun | None:
    """Return the run that was concluded last by a method, the project's own by default."""
    query = select(ConsensusRun).join(CurrentRun, CurrentRun.run_id == ConsensusRun.id)
    query = query.where(CurrentRun.project_id == project.id, CurrentRun.method == (method or project.method))
    return session.scalars(query).first()


def labels_of(
    session: Session, run: ConsensusRun, *, after: str = "", limit: int | None = None
) -> Sequence[Row[Item, Consensus]]:
    """Return the items of a run with their consensus, in the order of item keys."""
    query = select(Item, Consensus).join(Consensus, Consensus.item_id == Item.id)
    query = query.where(Consensus.run_id == run.id, Item.key > after).order_by(Item.key)
    return session.execute(query if limit is None else query.limit(limit)).all()


def run_key(
    digest: str,
    gold: Mapping[int, str],
    label_set: LabelSet,
    method: str,
    parameters: Mapping[str, Any],
    heard: Mapping[str, str] | None = None,
) -> str:
    """Return the key of a run; equal keys mean equal results. `heard`: digests of predictions by lineage."""
    content = [digest, sorted(gold.items()), label_set.labels, method, dict(parameters)]
    if heard:
        content.append(dict(heard))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _run(session: Session, question: _Question, now: datetime, stage: Stage = unwatched) -> ConsensusRun:
    """Return the run of exactly this, made where it is new, and let it be the one that holds."""
    run, project = _run_once(session, question, now, stage), question.project
    session.merge(CurrentRun(project_id=project.id, method=question.method, run_id=run.id))
    if question.is_own:
        past = Provisional.project_id == project.id, Provisional.run_id != run.id
        session.execute(delete(Provisional).where(*past))
    session.flush()
    return run


def _run_once(session: Session, question: _Question, now: datetime, stage: Stage) -> ConsensusRun:
    project, label_set, frame = question.project, question.label_set, question.frame
    gold, sources = frames.read_gold(session, project), _sources(session, question)
    labels = {item_id: row.label for item_id, row in gold.items()}
    heard = {lineage: row.digest for lineage, row in sources.items()}
    digest = frame.digest
    key = run_key(digest, labels, label_set, question.method, question.parameters, heard)
    query = select(ConsensusRun).where(ConsensusRun.project_id == project.id, ConsensusRun.key == key)
    found = session.scalars(query).first()
    if found is not None:
        return found
    try:
        with stage(f"fitting {question.method}"):
            concluded = _concluded(session, question, gold, sources)
    except (ValueError, TypeError) as error:
        raise bad_input("method", str(error)) from None
    run = ConsensusRun(
        project_id=project.id,
        key=key,
        answer_set_id=_answer_set(session, project, frame, digest, now).id,
        label_set_id=label_set.id,
        gold_ids=frames.pack_ids(np.array([row.id for row in gold.values()], dtype=np.int64)),
        method=question.method,
        parameters=question.parameters,
        iterations=concluded.iterations,
        log_likelihood=concluded.log_likelihood,
        evidence=concluded.evidence,
        stand=concluded.stand,
        created_at=now,
    )
    session.add(run)
    session.flush()
    with stage("writing labels"):
        _store(session, run, concluded, known=gold)
    return run


def _sources(session: Session, question: _Question) -> Mapping[str, PredictionSet]:
    """Return the predictions heard beside people: what a method is compared with is people alone."""
    is_heard = question.is_own and isinstance(question.frame, AnswerFrame)
    return evidence.sets(session, question.project) if is_heard else {}


def _answer_set(session: Session, project: Project, frame: Frame, digest: str, now: datetime) -> AnswerSet:
    query = select(AnswerSet).where(AnswerSet.project_id == project.id, AnswerSet.digest == digest)
    found = session.scalars(query).first()
    if found is None:
        found = AnswerSet(
            project_id=project.id,
            digest=digest,
            size=len(frame.answer_ids),
            ids=frames.pack_ids(frame.answer_ids),
            created_at=now,
        )
        session.add(found)
        session.flush()
    return found


def _read(session: Session, project: Project, label_set: LabelSet) -> Frame:
    if TASK_TYPES[project.task_type].is_categorical:
        return frames.read_answers(session, project, label_set.labels, keep=True)
    return frames.read_readings(session, project)


def _concluded(
    session: Session, question: _Question, gold: Mapping[int, Gold], sources: Mapping[str, PredictionSet]
) -> _Concluded:
    frame, method, parameters = question.frame, question.method, question.parameters
    if isinstance(frame, AnswerFrame):
        known = frames.by_name(gold)
        people = aggregate(frame.answers, method, gold=known, **parameters)
        heard = evidence.hear(session, sources, frame, people, known) if sources else None
        return _labelled(frame, people, heard)
    merged = estimate.merge(question.project, question.label_set, frame.readings, method, **parameters)
    votes = np.bincount(frame.readings.item, minlength=len(merged)).tolist()
    rows = [
        (item_id, one.value, round(one.confidence, DIGITS), count)
        for item_id, one, count in zip(frame.item_ids.tolist(), merged, votes, strict=True)
        if one.value is not None
    ]
    item_ids, labels, confidence, counts = map(list, zip(*rows, strict=True)) if rows else ([], [], [], [])
    return _Concluded(item_ids, labels, confidence, counts, ["[]"] * len(rows))


def _labelled(frame: AnswerFrame, people: Conclusion, heard: evidence.Heard | None) -> _Concluded:
    found = people if heard is None else refined(people, heard.posterior, frame.answers)
    return _Concluded(
        item_ids=frame.item_ids.tolist(),
        labels=[found.labels[choice] for choice in found.choice.tolist()],
        confidence=found.confidence.round(DIGITS).tolist(),
        votes=found.votes.tolist(),
        posterior=frames.json_rows(found.posterior, DIGITS),
        human_posterior=frames.json_rows(people.posterior, DIGITS) if heard else None,
        iterations=people.iterations,
        log_likelihood=people.log_likelihood,
        evidence=heard.report if heard else None,
        stand=None if heard else _stand(frame, people),
    )


def _stand(frame: AnswerFrame, people: Conclusion) -> bytes | None:
    """Return what is known of the workers, if items judged by that alone are judged as here."""
    found = Stand.of(frame.answers, people.posterior)
    return found.packed() if found is not None and found.agreement >= TRUSTED else None


def _store(session: Session, run: ConsensusRun, said: _Concluded, *, known: Collection[int]) -> None:
    """Insert one row for each item that is asked for its own sake; gold has its label already."""
    rows: dict[str, Sequence[object]] = {
        "item_id": said.item_ids,
        "label": said.labels,
        "confidence": said.confidence,
        "votes": said.votes,
        "posterior": said.posterior,
    }
    if said.human_posterior is not None:
        rows["human_posterior"] = said.human_posterior
    if known:
        is_asked = [item_id not in known for item_id in said.item_ids]
        rows = {name: list(compress(cells, is_asked)) for name, cells in rows.items()}
    bulk.insert(session, Consensus.__table__, rows, same={"run_id": run.id})
