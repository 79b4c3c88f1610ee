"""Is the work good? Answers to gold are graded, workers judged, and the work of spammers set aside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, insert, or_, select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Answer, AnswerFlag, Gold, Grade, Project, Restriction, Skill, Slot, Worker
from crowd.models.states import advance
from crowd.services import locks, publish, roster
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES, Ask
from qc.gold import Grade as Verdict
from qc.gold import grade as grade_against
from qc.spam import Judgement, Observation, SpamPolicy, judge
from workers.skill import skill

NEAR_ENOUGH = 0.7  # of free answers, where a project does not say otherwise
TEST = "rank-one SPRT on gold"
KINDS = {"suspend": "suspended", "ban": "banned"}


@dataclass(frozen=True, slots=True)
class Graded:
    """What a grading changed."""

    grades: int
    restricted: tuple[Restriction, ...]


def grade(session: Session, project: Project, *, also: Sequence[int] = (), now: datetime) -> Graded:
    """Grade new answers to gold, and judge the workers who gave them, and `also` these.

    What a spammer hands in after the ban, on a page held before it, is set aside with the rest.
    """
    locks.step(session, project)
    fresh = _grade_new(session, project, now)
    concerned = [*fresh, *also]
    judged = _judge_all(session, project, concerned, now) if concerned else []
    caught = {worker.id: verdict.reason for worker, verdict in judged if verdict.verdict == "ban"}
    _set_aside(session, project, _banned(session, project) | caught, now)
    restricted = [_restrict(session, project, worker, verdict, now) for worker, verdict in judged]
    return Graded(len(fresh), tuple(restricted))


def held_against(
    project: Project, value: str, truth: str, accepted: Mapping[str, float] | None = None
) -> Verdict:
    """Return how near an answer is to the truth, or to what is accepted beside it, and if near enough."""
    kind, ask = TASK_TYPES[project.task_type], Ask(options=project.task_options)
    enough = project.task_options.get("gold_score", 1.0 if kind.is_categorical else NEAR_ENOUGH)
    return grade_against(
        value,
        {**(accepted or {}), truth: 1.0},
        nearness=lambda one, other: kind.score(one, other, ask),
        enough=enough,
    )


def verdicts(session: Session, project: Project, worker_ids: Sequence[int]) -> dict[int, Judgement]:
    """Judge workers by all of their graded answers, as what is known to be right stands now."""
    labels = projects.labels(session, project).labels
    histories = _histories(session, project, labels, worker_ids)
    return {worker_id: _judge(histories[worker_id], len(labels)) for worker_id in worker_ids}


def is_ours(restriction: Restriction) -> bool:
    """Tell whether a restriction is a verdict of this step, so that other gold may undo it."""
    return restriction.facts.get("test") == TEST


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
    for worker_id in sorted(set(fresh)):
        right, graded = counts.get(worker_id, (0.0, 0))
        session.add(_skill(project, worker_id, right, graded, chance, now))
    if not is_categorical:
        return []
    free = _unrestricted(session, project, sorted(set(fresh)))
    found = verdicts(session, project, [worker.id for worker in free])
    return [(worker, found[worker.id]) for worker in free if found[worker.id].verdict != "good"]


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
    """Grade what is not graded yet; return the workers whose answers these were, one entry each answer.

    An answer given to gold that was corrected since is held against what is known now.
    """
    done = select(Grade.id).where(Grade.answer_id == Answer.id, Grade.gold_id == Gold.id)
    query = (
        select(Answer.id, Answer.worker_id, Answer.value, Gold.id, Gold.label, Gold.accepted)
        .join(Slot, Slot.id == Answer.slot_id)
        .join(Gold, Gold.item_id == Slot.item_id)
        .where(Slot.gold_id.is_not(None), Gold.retired_at.is_(None), Gold.use != "training")
        .where(Answer.project_id == project.id, Gold.project_id == project.id, ~done.exists())
        .order_by(Answer.id)
    )
    rows: list[dict[str, Any]] = []
    for answer_id, worker_id, value, gold_id, label, accepted in session.execute(query):
        result = held_against(project, value, label, accepted)
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
    """Return all graded answers of these workers, in the order they were given.

    What is accepted beside the label is as right as the label; an answer with part of the credit tells
    neither way.
    """
    query = (
        select(Answer.worker_id, Answer.value, Gold.label, Grade.correct)
        .join(Grade, Grade.answer_id == Answer.id)
        .join(Gold, Gold.id == Grade.gold_id)
        .where(Grade.project_id == project.id, Gold.retired_at.is_(None))
        .where(or_(Grade.correct, Grade.score == 0))
        .order_by(Answer.id)
    )
    code = {label: position for position, label in enumerate(labels)}
    concerned = set(workers)
    histories: dict[int, list[Observation]] = defaultdict(list)
    for worker_id, value, truth, is_right in session.execute(query):
        if worker_id in concerned:
            histories[worker_id].append(Observation(code[value], code[value if is_right else truth]))
    return histories


def _judge(history: Sequence[Observation], labels: int) -> Judgement:
    return judge(history, labels, SpamPolicy())


def _counts(session: Session, project: Project, workers: Sequence[int]) -> dict[int, tuple[float, int]]:
    """Return how many graded answers of these workers are right, parts of credit added, and of how many."""
    right = case(
        (Grade.correct, 1.0), else_=Grade.score if TASK_TYPES[project.task_type].is_categorical else 0.0
    )
    query = (
        select(Grade.worker_id, func.sum(right), func.count())
        .join(Gold, Gold.id == Grade.gold_id)
        .where(Grade.project_id == project.id, Gold.retired_at.is_(None))
        .group_by(Grade.worker_id)
        .order_by(Grade.worker_id)
    )
    concerned = set(workers)
    return {worker: (right, n) for worker, right, n in session.execute(query) if worker in concerned}


def _skill(
    project: Project, worker_id: int, right: float, graded: int, chance: float, now: datetime
) -> Skill:
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
            "test": TEST,
            "llr": round(verdict.llr, 3),
            "gold_answers": verdict.observed,
        },
        actor="system:qc",
        now=now,
    )
