"""Where each worker stands in a project, kept in one row, so that a claim need not read their answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crowd.db import chunks
from crowd.models import Answer, Assignment, Grade, Project, Skill, Slot, Standing
from crowd.services import plain
from qc import gold_policy
from qc.gold_policy import GoldPolicy
from qc.spam import SpamPolicy

ANEW = {"populate_existing": True}  # rows are written around the session, see `_upsert`


def refresh(session: Session, project: Project) -> int:
    """Bring the row of every worker with answers up to date; return how many changed."""
    mine = select(Standing).where(Standing.project_id == project.id)
    known = {row.worker_id: row for row in session.scalars(mine, execution_options=ANEW)}
    graded, low = _graded(session, project), _skill_low(session, project)
    changed = 0
    for worker_id, answers in _answers(session, project).items():
        row = known.get(worker_id)
        share = gold_share(project, answers, low.get(worker_id), spam=row.spam if row else 0.0)
        new = {"answers": answers, "graded": graded.get(worker_id, 0), "gold_share": share}
        if row is None or any(getattr(row, name) != value for name, value in new.items()):
            _upsert(session, project.id, worker_id, new)
            changed += 1
    return changed


def note(session: Session, project_id: int, worker_id: int, **values: Any) -> None:  # noqa: ANN401 - any column's
    """Write some columns of a worker's row, made where it is new."""
    project = session.get_one(Project, project_id)
    _upsert(session, project_id, worker_id, values, new={"gold_share": gold_share(project, 0, None)})


def prove(session: Session, project: Project, worker_ids: Collection[int]) -> None:
    """Write down whose answers say more than most: of these workers, and of nobody else."""
    mine = select(Standing.worker_id).where(Standing.project_id == project.id, Standing.proven)
    before, now = set(session.scalars(mine)), set(worker_ids)
    for changed, is_proven in ((now - before, True), (before - now, False)):
        for some in chunks(sorted(changed)):
            rows = update(Standing).where(Standing.project_id == project.id, Standing.worker_id.in_(some))
            session.execute(rows.values(proven=is_proven), execution_options={"synchronize_session": False})


def of(session: Session, project_id: int, worker_id: int) -> Standing | None:
    """Return a worker's row as it is now; None before the first."""
    return session.get(Standing, (project_id, worker_id), populate_existing=True)


def gold_share(project: Project, answers: int, skill_low: float | None, *, spam: float = 0.0) -> float:
    """Return the share of gold of a worker's next page.

    Proven are the skilled, and those who by gold and peers together clearly look at what they are asked.
    """
    policy = policy_of(project)
    if policy is None:
        return project.gold_share
    is_cleared = spam <= SpamPolicy().cleared
    return gold_policy.share(policy, answers, 1.0 if is_cleared else skill_low)


def policy_of(project: Project) -> GoldPolicy | None:
    """Return the project's gold policy; None where the share is the same for all."""
    return None if project.gold_policy is None else GoldPolicy.from_data(project.gold_policy)


def _answers(session: Session, project: Project) -> dict[int, int]:
    """Count, by worker, what they answered on pages of work."""
    query = (
        select(Answer.worker_id, func.count())
        .join(Slot, Slot.id == Answer.slot_id)
        .join(Assignment, Assignment.id == Slot.assignment_id)
        .where(Answer.project_id == project.id, Assignment.kind == "work")
        .group_by(Answer.worker_id)
        .order_by(Answer.worker_id)
    )
    return {worker_id: count for worker_id, count in session.execute(query)}


def _graded(session: Session, project: Project) -> dict[int, int]:
    query = select(Grade.worker_id, func.count(Grade.answer_id.distinct())).where(
        Grade.project_id == project.id
    )
    return {worker_id: count for worker_id, count in session.execute(query.group_by(Grade.worker_id))}


def _skill_low(session: Session, project: Project) -> dict[int, float]:
    """Return, by worker, the lower bound of the newest estimate of how often they are right."""
    newest = (
        select(func.max(Skill.id))
        .where(Skill.project_id == project.id, Skill.name == "accuracy", Skill.source == "gold")
        .group_by(Skill.worker_id)
    )
    query = select(Skill.worker_id, Skill.low).where(Skill.id.in_(newest))
    return {worker_id: low for worker_id, low in session.execute(query)}


def _upsert(
    session: Session,
    project_id: int,
    worker_id: int,
    values: Mapping[str, Any],
    new: Mapping[str, Any] | None = None,
) -> None:
    """Write these columns; a new row gets those of `new` too. Whoever else writes others loses nothing."""
    insert = sqlite.insert if plain.is_sqlite(session) else postgresql.insert
    row = {"answers": 0, "graded": 0, "spam": 0.0, "proven": False, **(new or {}), **values}
    statement = insert(Standing).values(project_id=project_id, worker_id=worker_id, **row)
    session.execute(
        statement.on_conflict_do_update(index_elements=["project_id", "worker_id"], set_=dict(values))
    )
