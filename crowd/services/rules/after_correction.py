"""What a rule did on wrong gold: held against the gold in force, would it do so again?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.models import Firing, Project, Restriction
from crowd.models import Rule as Row
from crowd.services.rules.collectors import COLLECT
from crowd.services.rules.look import Look
from qc.rules import read

ON_GOLD = ("gold", "spam")


def on_gold(session: Session, project: Project, restrictions: Sequence[Restriction]) -> dict[int, Row]:
    """Return, by restriction, the rules of a project behind those that rest on answers to gold."""
    workers = {row.worker_id for row in restrictions}
    query = (
        select(Firing.action, Row)
        .join(Row, Row.id == Firing.rule_id)
        .where(Firing.project_id == project.id, Firing.worker_id.in_(workers))
    )
    made = {action.get("restriction"): row for action, row in session.execute(query)}
    return {
        row.id: made[row.id] for row in restrictions if row.id in made and _collects(made[row.id]) in ON_GOLD
    }


def holds(session: Session, project: Project, row: Row, worker_id: int, *, now: datetime) -> bool:
    """Tell whether a rule's conditions fit a worker by what is known now.

    A rule about some hours is held against all answers to gold: those hours are over, and grades given anew
    do not say when the answer came.
    """
    rule = read(row.body)
    look = Look(session, project, now, replace(rule.window, period=None))
    found = COLLECT[rule.collect](look).get(worker_id)
    return found is not None and rule.holds(found.facts)


def _collects(row: Row) -> str:
    return read(row.body).collect
