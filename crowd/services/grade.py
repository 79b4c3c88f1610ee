"""Is the work good? Answers to gold are graded, workers judged, and the work of spammers set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Answer, AnswerFlag, Gold, Grade, Item, Project, Restriction, Skill, Slot, Worker
from crowd.models.states import advance
from crowd.services import projects, roster
from qc.gold import grade as grade_answer
from qc.spam import Judgement, Observation, SpamPolicy, judge
from workers.skill import skill

KINDS = {"suspend": "suspended", "ban": "banned"}


@dataclass(frozen=True, slots=True)
class Graded:
    """What a grading changed."""

    grades: int
    restricted: tuple[Restriction, ...]


def grade(session: Session, project: Project, *, now: datetime) -> Graded:
    """Grade new answers to gold, and judge the workers who gave them."""
    fresh = _grade_new(session, project, now)
    if not fresh:
        return Graded(0, ())
    labels = projects.labels(session, project).labels
    histories = _histories(session, project, labels, fresh)
    for worker_id, history in histories.items():
        session.add(_skill(project, worker_id, history, len(labels), now))
    free = _unrestricted(session, project, sorted(histories))
    judged = [(worker, _judge(histories[worker.id], len(labels))) for worker in free]
    restricted = [
        _restrict(session, project, worker, verdict, now)
        for worker, verdict in judged
        if verdict.verdict != "good"
    ]
    return Graded(len(fresh), tuple(restricted))


def exclude(session: Session, project: Project, worker: Worker, *, reason: str, now: datetime) -> int:
    """Set a worker's answers in a project aside; their items ask for others. Return how many."""
    flagged = select(AnswerFlag.answer_id).where(
        AnswerFlag.project_id == project.id, AnswerFlag.kind == "excluded"
    )
    query = select(Answer.id, Answer.slot_id, Answer.item_id).join(Slot, Slot.id == Answer.slot_id)
    query = query.where(
        Answer.project_id == project.id, Answer.worker_id == worker.id, Slot.gold_id.is_(None)
    )
    rows = session.execute(query.where(Answer.id.not_in(flagged)).order_by(Answer.item_id)).all()
    if not rows:
        return 0
    flag = {"project_id": project.id, "kind": "excluded", "reason": reason, "created_at": now}
    session.execute(insert(AnswerFlag), [{**flag, "answer_id": row.id} for row in rows])
    for some in chunks(rows):
        advance(session, Slot, "state", ("done", "void"), Slot.id.in_([row.slot_id for row in some]))
        fewer = update(Item).where(Item.id.in_([row.item_id for row in some])).values(wanted=Item.wanted - 1)
        session.execute(fewer, execution_options={"synchronize_session": False})
    return len(rows)


def _grade_new(session: Session, project: Project, now: datetime) -> list[int]:
    """Grade what is not graded yet; return the workers whose answers these were, one entry each answer."""
    done = select(Grade.id).where(Grade.answer_id == Answer.id, Grade.gold_id == Slot.gold_id)
    query = (
        select(Answer.id, Answer.worker_id, Answer.value, Slot.gold_id, Gold.label)
        .join(Slot, Slot.id == Answer.slot_id)
        .join(Gold, Gold.id == Slot.gold_id)
        .where(Answer.project_id == project.id, ~done.exists())
        .order_by(Answer.id)
    )
    rows: list[dict[str, Any]] = []
    for answer_id, worker_id, value, gold_id, label in session.execute(query):
        result = grade_answer(value, [label])
        rows.append(
            {
                "project_id": project.id,
                "answer_id": answer_id,
                "gold_id": gold_id,
                "worker_id": worker_id,
                "correct": result.correct,
                "score": result.score,
                "created_at": now,
            }
        )
    if rows:
        session.execute(insert(Grade), rows)
    return [row["worker_id"] for row in rows]


def _histories(
    session: Session, project: Project, labels: Sequence[str], workers: Sequence[int]
) -> dict[int, list[Observation]]:
    """Return all graded answers of these workers, in the order they were given."""
    query = (
        select(Answer.worker_id, Answer.value, Gold.label)
        .join(Grade, Grade.answer_id == Answer.id)
        .join(Gold, Gold.id == Grade.gold_id)
        .where(Grade.project_id == project.id, Gold.retired_at.is_(None))
        .order_by(Answer.id)
    )
    code = {label: position for position, label in enumerate(labels)}
    concerned = set(workers)
    histories: dict[int, list[Observation]] = defaultdict(list)
    for worker_id, value, truth in session.execute(query):
        if worker_id in concerned:
            histories[worker_id].append(Observation(code[value], code[truth]))
    return histories


def _judge(history: Sequence[Observation], labels: int) -> Judgement:
    return judge(history, labels, SpamPolicy())


def _skill(
    project: Project, worker_id: int, history: Sequence[Observation], labels: int, now: datetime
) -> Skill:
    estimate = skill(sum(seen.answer == seen.truth for seen in history), len(history), chance=1 / labels)
    return Skill(
        worker_id=worker_id,
        project_id=project.id,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        evidence=estimate.evidence,
        created_at=now,
    )


def _unrestricted(session: Session, project: Project, worker_ids: Sequence[int]) -> list[Worker]:
    barred = select(Restriction.worker_id).where(Restriction.project_id == project.id)
    query = select(Worker).where(Worker.id.in_(worker_ids), Worker.id.not_in(barred)).order_by(Worker.id)
    return list(session.scalars(query))


def _restrict(
    session: Session, project: Project, worker: Worker, verdict: Judgement, now: datetime
) -> Restriction:
    restriction = roster.restrict(
        session,
        worker,
        project=project,
        kind=KINDS[verdict.verdict],
        reason=verdict.reason,
        facts={
            "test": "rank-one SPRT on gold",
            "llr": round(verdict.llr, 3),
            "gold_answers": verdict.observed,
        },
        actor="system:qc",
        now=now,
    )
    if verdict.verdict == "ban":
        exclude(session, project, worker, reason=verdict.reason, now=now)
    return restriction
