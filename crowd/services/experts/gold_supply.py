"""Is there gold enough? A worker is never asked the same twice, so gold runs out, one worker at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd.models import Gold, Project, Slot
from crowd.services.experts import golds
from crowd.services.setup import projects
from crowd.services.trust import standings
from crowd.task_types import TASK_TYPES

HELD = ("leased", "done", "skipped", "void")
LOW = 3  # gold a worker has still to see from which on more is wanted


@dataclass(frozen=True, slots=True)
class Supply:
    """How much gold there is, and for whom it has run out."""

    hidden: int
    training: int
    told: int
    without: tuple[str, ...]  # labels that no hidden gold has
    workers: int  # who were shown any
    low: int  # of them: who have few left to see
    finished: int  # of them: who have seen all
    warning: str | None

    @property
    def is_short(self) -> bool:
        """Tell whether more gold is wanted."""
        return self.low > 0 or (self.hidden > 0 and bool(self.without))


def supply(session: Session, project: Project) -> Supply:
    """Count the gold of a project, and the workers who have seen all of it."""
    query = select(Gold.use, Gold.label, func.count()).where(
        Gold.project_id == project.id, Gold.retired_at.is_(None)
    )
    rows = session.execute(query.group_by(Gold.use, Gold.label)).all()
    uses = {use: sum(n for of, _, n in rows if of == use) for use in ("hidden", "training", "told")}
    seen = _seen(session, project) if uses["hidden"] else []
    finished = sum(count >= uses["hidden"] for count in seen)
    return Supply(
        **uses,
        without=_without(session, project, {label for use, label, _ in rows if use == "hidden"}),
        workers=len(seen),
        low=sum(count > uses["hidden"] - LOW for count in seen),
        finished=finished,
        warning=_warning(project, uses["hidden"], len(seen), finished) if _is_wanted(project) else None,
    )


def retire_exposed(session: Session, project: Project, *, now: datetime) -> int:
    """Hide gold no longer that as many workers have been shown as the policy allows; return how many."""
    policy = standings.policy_of(project)
    if policy is None or policy.exposure is None:
        return 0
    # By item: what was shown before a correction was shown all the same.
    shown = (
        select(Slot.item_id)
        .where(Slot.project_id == project.id, Slot.gold_id.is_not(None), Slot.state.in_(HELD))
        .group_by(Slot.item_id)
        .having(func.count() >= policy.exposure)
    )
    query = select(Gold).where(Gold.project_id == project.id, Gold.item_id.in_(shown))
    query = query.where(Gold.retired_at.is_(None), Gold.use == "hidden")
    rows = session.scalars(query.order_by(Gold.id)).all()
    for gold in rows:
        because = f"shown to {policy.exposure} workers"
        golds.withhold(session, project, gold, because=because, reviewer="system:gold", now=now)
    return len(rows)


def _is_wanted(project: Project) -> bool:
    policy = standings.policy_of(project)
    return project.state == "active" and (project.gold_share > 0 if policy is None else policy.share > 0)


def _seen(session: Session, project: Project) -> list[int]:
    """Return, for each worker who was shown any, how much of the gold in force that is."""
    query = (
        select(func.count())
        .select_from(Slot)
        .join(Gold, Gold.item_id == Slot.item_id)
        .where(Slot.project_id == project.id, Slot.gold_id.is_not(None), Slot.state.in_(HELD))
        .where(Gold.project_id == project.id, Gold.retired_at.is_(None), Gold.use == "hidden")
        .group_by(Slot.worker_id)
    )
    return list(session.scalars(query))


def _without(session: Session, project: Project, known: set[str]) -> tuple[str, ...]:
    if not TASK_TYPES[project.task_type].is_categorical:
        return ()
    return tuple(label for label in projects.labels(session, project).labels if label not in known)


def _warning(project: Project, hidden: int, workers: int, finished: int) -> str | None:
    if not finished:
        return None
    whom = "the only worker has" if workers == 1 else f"{finished} of {workers} workers have"
    return (
        f"gold runs out: {whom} seen all {hidden}, none is shown twice, and their work is no longer checked; "
        f"add more: crowd gold add {project.slug} FILE"
    )
