"""Is the work good? Answers to gold are graded, workers judged, and the work of spammers set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, insert, or_, select
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import (
    Answer,
    AnswerFlag,
    Gold,
    Grade,
    Project,
    Restriction,
    Skill,
    Slot,
    Worker,
)
from crowd.models.conditions import in_force
from crowd.models.states import advance
from crowd.services import locks, publish
from crowd.services.setup import projects
from crowd.services.trust import reinstate, watch
from crowd.task_types import TASK_TYPES, Ask
from qc.gold import Grade as Verdict
from qc.gold import grade as grade_against
from workers.skill import skill

NEAR_ENOUGH = 0.7  # of free answers, where a project does not say otherwise


@dataclass(frozen=True, slots=True)
class Graded:
    """What a grading changed."""

    grades: int
    restricted: tuple[Restriction, ...]


def grade(session: Session, project: Project, *, also: Sequence[int] = (), now: datetime) -> Graded:
    """Grade new answers to gold, and judge the workers who answered, and `also` these.

    What a spammer hands in after the ban, on a page held before it, is set aside with the rest.
    """
    locks.step(session, project)
    fresh = _grade_new(session, project, now)
    concerned = sorted({*fresh, *also})
    _store_skills(session, project, concerned, now)
    restricted: list[Restriction] = []
    if TASK_TYPES[project.task_type].is_categorical:  # the test rests on how often a guesser is right
        restricted = watch.judge_all(session, project, concerned, now=now)
    _set_aside(session, project, _banned(session, project, restricted, now), now)
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


def exclude(session: Session, project: Project, worker: Worker, *, reason: str, now: datetime) -> int:
    """Set a worker's answers in a project aside; the items ask for others. Return how many, gold left out."""
    locks.step(session, project)
    return _set_aside(session, project, {worker.id: reason}, now)


def _store_skills(session: Session, project: Project, worker_ids: Sequence[int], now: datetime) -> None:
    """Store how often everyone whose answers were graded is right."""
    if not worker_ids:
        return
    counts = _counts(session, project, worker_ids)
    is_categorical = TASK_TYPES[project.task_type].is_categorical
    chance = 1 / len(projects.labels(session, project).labels) if is_categorical else 0.0
    for worker_id in worker_ids:
        right, graded = counts.get(worker_id, (0.0, 0))
        session.add(_skill(project, worker_id, right, graded, chance, now))


def _set_aside(session: Session, project: Project, reasons: Mapping[int, str], now: datetime) -> int:
    """Flag all answers of these workers, so that consensus is what it would be had they never come."""
    flagged = reinstate.excluded(project)
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


def _banned(
    session: Session, project: Project, fresh: Sequence[Restriction], now: datetime
) -> dict[int, str]:
    """Return the workers whose answers go with a ban that holds, new or known, each with its reason."""
    query = (
        select(Restriction.worker_id, Restriction.reason)
        .join(Answer, Answer.worker_id == Restriction.worker_id)
        .join(AnswerFlag, AnswerFlag.answer_id == Answer.id)
        .where(Restriction.kind == "banned", in_force(now))
        .where(AnswerFlag.project_id == project.id, AnswerFlag.kind == "excluded")
        .where(AnswerFlag.reason == Restriction.reason)  # not by a reviewer, for another reason
        .where(or_(Restriction.project_id.is_(None), Restriction.project_id == project.id))
    )
    known = {worker_id: reason for worker_id, reason in session.execute(query.distinct())}
    return known | {row.worker_id: row.reason for row in fresh if row.kind == "banned"}


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
