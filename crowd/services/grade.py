"""Is the work good? Answers to gold are graded, workers judged, and the work of spammers set aside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Answer, AnswerFlag, Gold, Grade, Project, Restriction, Skill, Slot, Worker
from crowd.models.states import advance
from crowd.services import locks, publish, roster
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES, Ask
from qc.gold import Grade as Verdict
from qc.spam import Judgement, Observation, SpamPolicy, judge
from workers.skill import skill

NEAR_ENOUGH = 0.7  # of free answers, where a project does not say otherwise
KINDS = {"suspend": "suspended", "ban": "banned"}


@dataclass(frozen=True, slots=True)
class Graded:
    """What a grading changed."""

    grades: int
    restricted: tuple[Restriction, ...]


def grade(session: Session, project: Project, *, now: datetime) -> Graded:
    """Grade new answers to gold, and judge the workers who gave them.

    What a spammer hands in after the ban, on a page held before it, is set aside with the rest.
    """
    locks.step(session, project)
    fresh = _grade_new(session, project, now)
    judged = _judge_all(session, project, fresh, now) if fresh else []
    caught = {worker.id: verdict.reason for worker, verdict in judged if verdict.verdict == "ban"}
    _set_aside(session, project, _banned(session, project) | caught, now)
    restricted = [_restrict(session, project, worker, verdict, now) for worker, verdict in judged]
    return Graded(len(fresh), tuple(restricted))


def held_against(project: Project, value: str, truth: str) -> Verdict:
    """Return how near an answer is to the truth, and whether that is near enough."""
    kind = TASK_TYPES[project.task_type]
    enough = project.task_options.get("gold_score", 1.0 if kind.is_categorical else NEAR_ENOUGH)
    score = kind.score(value, truth, Ask(options=project.task_options))
    return Verdict(correct=score >= enough, score=score)


def exclude(session: Session, project: Project, worker: Worker, *, reason: str, now: datetime) -> int:
    """Set a worker's answers in a project aside; the items ask for others. Return how many, gold left out."""
    locks.step(session, project)
    return _set_aside(session, project, {worker.id: reason}, now)


def _judge_all(
    session: Session, project: Project, fresh: Sequence[int], now: datetime
) -> list[tuple[Worker, Judgement]]:
    """Store the skill of everyone whose answers these were; return those who are not good enough.

    Only labels are judged: the test for spam rests on how often a guesser would be right.
    """
    counts = _counts(session, project, fresh)
    labels = projects.labels(session, project).labels
    is_categorical = TASK_TYPES[project.task_type].is_categorical
    chance = 1 / len(labels) if is_categorical else 0.0
    for worker_id, (right, graded) in counts.items():
        session.add(_skill(project, worker_id, right, graded, chance, now))
    if not is_categorical:
        return []
    histories = _histories(session, project, labels, fresh)
    free = _unrestricted(session, project, sorted(histories))
    judged = [(worker, _judge(histories[worker.id], len(labels))) for worker in free]
    return [(worker, verdict) for worker, verdict in judged if verdict.verdict != "good"]


def _set_aside(session: Session, project: Project, reasons: Mapping[int, str], now: datetime) -> int:
    """Flag all answers of these workers, so that consensus is what it would be had they never come."""
    flagged = select(AnswerFlag.answer_id).where(
        AnswerFlag.project_id == project.id, AnswerFlag.kind == "excluded"
    )
    query = select(Answer.id, Answer.slot_id, Answer.item_id, Answer.worker_id, Slot.gold_id)
    query = query.join(Slot, Slot.id == Answer.slot_id).where(Answer.project_id == project.id)
    query = query.where(Answer.worker_id.in_(list(reasons)), Answer.id.not_in(flagged))
    rows = session.execute(query.order_by(Answer.id)).all()
    if not rows:
        return 0
    flag = {"project_id": project.id, "kind": "excluded", "created_at": now}
    flags = [{**flag, "answer_id": row.id, "reason": reasons[row.worker_id]} for row in rows]
    session.execute(insert(AnswerFlag), flags)
    for some in chunks([row.slot_id for row in rows]):
        advance(session, Slot, "state", ("done", "void"), Slot.id.in_(some))
    ordinary = [row.item_id for row in rows if row.gold_id is None]
    publish.want_fewer(session, Counter(ordinary))
    return len(ordinary)


def _banned(session: Session, project: Project) -> dict[int, str]:
    """Return the workers whose answers were set aside with a ban that still holds, each with its reason."""
    query = (
        select(Restriction.worker_id, Restriction.reason)
        .join(Answer, Answer.worker_id == Restriction.worker_id)
        .join(AnswerFlag, AnswerFlag.answer_id == Answer.id)
        .where(Restriction.kind == "banned", Restriction.lifted_at.is_(None))
        .where(AnswerFlag.project_id == project.id, AnswerFlag.kind == "excluded")
        .where(AnswerFlag.reason == Restriction.reason)  # not by a reviewer, for another reason
        .where(or_(Restriction.project_id.is_(None), Restriction.project_id == project.id))
    )
    return {worker_id: reason for worker_id, reason in session.execute(query.distinct())}


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
        result = held_against(project, value, label)
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


def _counts(session: Session, project: Project, workers: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return how many graded answers of these workers are right, and how many there are."""
    query = (
        select(Grade.worker_id, func.count().filter(Grade.correct), func.count())
        .join(Gold, Gold.id == Grade.gold_id)
        .where(Grade.project_id == project.id, Gold.retired_at.is_(None))
        .group_by(Grade.worker_id)
        .order_by(Grade.worker_id)
    )
    concerned = set(workers)
    return {worker: (right, n) for worker, right, n in session.execute(query) if worker in concerned}


def _skill(project: Project, worker_id: int, right: int, graded: int, chance: float, now: datetime) -> Skill:
    estimate = skill(right, graded, chance=chance)
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
    return roster.restrict(
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
