"""Who looks at what they are asked, and who does not: workers are suspended, examined, banned or let back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from crowd.models import Answer, Assignment, Gold, Grade, Project, Restriction, Slot, Standing, Worker
from crowd.services import roster
from crowd.services.setup import projects
from crowd.services.trust import exam, histories, standings
from qc.spam import EXAM, Judgement, SpamPolicy, judge, policy_for

TEST = "rank-one SPRT on gold and peers"
ACTOR = "system:qc"
UNDONE = "undone"  # among the facts of a restriction that rested on wrong gold
POLICY = SpamPolicy()


def judge_all(
    session: Session, project: Project, graded: Sequence[int], *, now: datetime
) -> list[Restriction]:
    """Judge who was graded and who answered since they were judged; return the restrictions made.

    A worker who is suspended is sent to an exam; after it they are banned or let back.
    """
    worker_ids = sorted({*graded, *_answering(session, project)})
    sitting = exam.running(session, project, worker_ids, now=now)
    free = _unrestricted(session, project, worker_ids)
    workers = [*free, *(session.get_one(Worker, worker_id) for worker_id in sitting)]
    found = verdicts(session, project, [worker.id for worker in workers]) if workers else {}
    made: list[Restriction | None] = []
    for worker in workers:
        judgement = found[worker.id]
        standings.note(session, project.id, worker.id, spam=round(judgement.llr, 3))
        if worker.id in sitting:
            made.append(_examine(session, project, worker, sitting[worker.id], judgement, now))
        elif judgement.verdict != "good":
            made.append(_restrict(session, project, worker, judgement, now))
    return [restriction for restriction in made if restriction is not None]


def verdicts(session: Session, project: Project, worker_ids: Sequence[int]) -> dict[int, Judgement]:
    """Judge workers by all of their answers, as what is known and what others say stands now."""
    labels = projects.labels(session, project).labels
    found, policy = histories.read(session, project, labels, worker_ids), _policy(session, project, labels)
    return {worker_id: judge(found[worker_id], len(labels), policy) for worker_id in worker_ids}


def _policy(session: Session, project: Project, labels: Sequence[str]) -> SpamPolicy:
    """Return what is asked of a good worker here: less where all of the crowd find the gold hard."""
    query = (
        select(func.count().filter(Grade.correct), func.count())
        .join(Gold, Gold.id == Grade.gold_id)
        .where(Grade.project_id == project.id, Gold.retired_at.is_(None))
        .group_by(Grade.worker_id)
    )
    return policy_for([(right, graded) for right, graded in session.execute(query)], len(labels))


def is_ours(restriction: Restriction) -> bool:
    """Tell whether a restriction is a verdict of this step, so that other gold may undo it."""
    return restriction.facts.get("test") == TEST


def is_over(restriction: Restriction, judgement: Judgement) -> bool:
    """Tell whether a restriction that this step made would not be made on this judgement."""
    by_exam = restriction.kind == "suspended" or "exam" in restriction.facts
    return judgement.verdict == "good" if by_exam else judgement.verdict != "ban"


def _restrict(
    session: Session, project: Project, worker: Worker, judgement: Judgement, now: datetime
) -> Restriction | None:
    """Ban, or suspend until an exam; not on the word of peers where there is no gold for one."""
    if judgement.verdict == "ban":
        return _ban(session, project, worker, judgement, {}, now)
    if judgement.gold < POLICY.suspend and not exam.unseen(session, project, worker):
        return None
    return exam.begin(
        session, project, worker, reason=judgement.reason, facts=_facts(judgement), actor=ACTOR, now=now
    )


def _examine(
    session: Session,
    project: Project,
    worker: Worker,
    held: Restriction,
    judgement: Judgement,
    now: datetime,
) -> Restriction | None:
    """End an exam once all is answered, or earlier where the evidence is enough for a ban."""
    right, graded = exam.answered(session, held)
    left = EXAM - graded
    is_failed = judgement.verdict == "ban" or (judgement.verdict == "suspend" and left <= 0)
    is_short = left > 0 and not is_failed
    if is_short and (judgement.verdict != "good" or exam.unseen(session, project, worker)):
        return None
    shown = {"right": right, "graded": graded, "llr": round(judgement.llr, 3)}
    outcome = exam.FAILED if is_failed else exam.PASSED
    exam.close(session, project, worker, held, outcome, facts=shown, actor=ACTOR, now=now)
    return _ban(session, project, worker, judgement, {"exam": shown}, now) if is_failed else None


def _ban(
    session: Session,
    project: Project,
    worker: Worker,
    judgement: Judgement,
    more: dict[str, Any],
    now: datetime,
) -> Restriction:
    return roster.restrict(
        session,
        worker,
        project=project,
        kind="banned",
        reason=judgement.reason,
        facts=_facts(judgement) | more,
        actor=ACTOR,
        now=now,
    )


def _facts(judgement: Judgement) -> dict[str, Any]:
    return {
        "test": TEST,
        "llr": round(judgement.llr, 3),
        "llr_gold": round(judgement.gold, 3),
        "llr_peers": round(judgement.peers, 3),
        "gold_answers": judgement.graded,
        "gold_right": judgement.right,
        "beside_peers": judgement.compared,
    }


def _answering(session: Session, project: Project) -> list[int]:
    """Return who has answered gold at some time, and anything since they were judged last."""
    graded = select(Grade.worker_id).where(Grade.project_id == project.id)
    query = (
        select(Answer.worker_id)
        .join(Slot, Slot.id == Answer.slot_id)
        .join(Assignment, Assignment.id == Slot.assignment_id)
        .outerjoin(Standing, and_(Standing.project_id == project.id, Standing.worker_id == Answer.worker_id))
        .where(Answer.project_id == project.id, Assignment.kind == "work", Answer.worker_id.in_(graded))
        .group_by(Answer.worker_id, Standing.answers)
        .having(func.count() > func.coalesce(Standing.answers, 0))
    )
    return list(session.scalars(query))


def _unrestricted(session: Session, project: Project, worker_ids: Sequence[int]) -> list[Worker]:
    """Return who was never kept out of the project, but by an exam they passed: people's word stands.

    What wrong gold led to was nobody's word.
    """
    query = select(Restriction).where(
        Restriction.project_id == project.id, Restriction.worker_id.in_(worker_ids)
    )
    rows = [row for row in session.scalars(query) if UNDONE not in row.facts]
    barred = {row.worker_id for row in rows if not exam.has_passed(row)}
    free = [worker_id for worker_id in worker_ids if worker_id not in barred]
    return list(session.scalars(select(Worker).where(Worker.id.in_(free)).order_by(Worker.id)))
