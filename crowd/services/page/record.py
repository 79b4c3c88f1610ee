"""How answers are read and written down, whichever way they came."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from crowd.errors import Problem, bad_inputs
from crowd.models import Answer, Assignment, LabelSet, Project, StraySubmission
from crowd.task_types import Ask, TaskType


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot, and what its worker put in it."""

    slot_id: int
    item_id: int
    worker_id: int
    value: str
    seconds: float | None = None
    note: str | None = None


def read(
    kind: TaskType, answers: Mapping[str, object], asks: Mapping[str, Ask], skipped: Collection[str] = ()
) -> dict[str, str]:
    """Return the canonical text of every answer.

    Raises:
        Unprocessable: a question is neither answered nor skipped, or is not asked, or an answer is none.
    """
    problems = [
        Problem(name, "is not answered") for name in asks if name not in answers and name not in skipped
    ]
    problems += [Problem(name, "is not on this page") for name in (*answers, *skipped) if name not in asks]
    problems += [Problem(name, "is both answered and skipped") for name in answers if name in skipped]
    values: dict[str, str] = {}
    for name in [name for name in answers if name in asks]:
        try:
            values[name] = kind.read(answers[name], asks[name])
        except ValueError as error:
            problems.append(Problem(name, str(error)))
    if problems:
        raise bad_inputs(problems, what="answers")
    return values


def digest(said: Mapping[str, object]) -> str:
    """Return the digest by which a repeated submission is recognised."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def keep(
    session: Session,
    project: Project,
    assignment: Assignment,
    *,
    reason: str,
    payload: dict[str, Any],
    now: datetime,
) -> None:
    """Store work that cannot count apart, so that it is not lost."""
    stray = StraySubmission(
        project_id=project.id,
        assignment_id=assignment.id,
        worker_id=assignment.worker_id,
        reason=reason,
        payload=payload,
        created_at=now,
    )
    session.add(stray)
    session.flush()


def answers(
    session: Session,
    project: Project,
    label_set: LabelSet,
    filled: Sequence[Filled],
    *,
    channel: str,
    now: datetime,
) -> None:
    """Insert one answer for each slot."""
    rows = [
        {
            "project_id": project.id,
            "item_id": slot.item_id,
            "worker_id": slot.worker_id,
            "slot_id": slot.slot_id,
            "label_set_id": label_set.id,
            "channel": channel,
            "value": slot.value,
            "seconds": slot.seconds,
            "note": slot.note,
            "created_at": now,
        }
        for slot in filled
    ]
    if rows:
        session.execute(insert(Answer), rows)
