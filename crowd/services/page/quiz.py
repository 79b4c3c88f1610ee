"""The entrance quiz: a page of gold, unpaid, whose result decides whether a worker is given work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.errors import Forbidden
from crowd.models import Assignment, Gold, Project, Skill, Worker
from crowd.services import grade, pack
from crowd.services.pack import Pick
from crowd.services.page import gold
from crowd.services.page.terms import Terms


def questions(session: Session, project: Project, known: Terms, worker: Worker) -> list[Pick]:
    """Choose the questions of a worker's next attempt.

    Raises:
        Forbidden: there is no gold this worker has not seen.
    """
    rules = project.quiz or {}
    attempts = select(func.count()).where(
        Assignment.worker_id == worker.id, Assignment.project_id == project.id, Assignment.kind == "quiz"
    )
    rng = Random(f"{project.seed}:quiz:{worker.id}:{session.scalar(attempts)}")
    picks = gold.unseen(session, known.deck, worker.id, wanted=rules["questions"], rng=rng)
    if not picks:
        raise Forbidden("the project has no question left for the entrance quiz of this worker")
    return pack.shuffled(picks, rng)


def mark(
    session: Session,
    project: Project,
    worker: Worker,
    answers: Sequence[tuple[str | None, int]],
    *,
    now: datetime,
) -> None:
    """Store the result of an attempt, from each question's answer (None where skipped) and its gold.

    The worker learns whether they passed by being given work, never which answer was wrong.
    """
    gold_ids = [gold_id for _, gold_id in answers]
    known = select(Gold.id, Gold.label, Gold.accepted).where(Gold.id.in_(gold_ids))
    truths = {gold_id: (label, accepted) for gold_id, label, accepted in session.execute(known)}
    right = sum(
        value is not None and grade.held_against(project, value, *truths[gold_id]).correct
        for value, gold_id in answers
    )
    share = right / len(answers)
    result = Skill(
        worker_id=worker.id,
        project_id=project.id,
        name="quiz",
        source="quiz",
        value=share,  # a mark, not an estimate: it says just how many were right
        low=share,
        high=share,
        evidence=len(answers),
        created_at=now,
    )
    session.add(result)
    session.flush()
