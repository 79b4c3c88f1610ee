"""How answers are checked and written down, whichever way they came."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from crowd.errors import Problem, bad_inputs
from crowd.models import Answer, Assignment, LabelSet, Project, StraySubmission


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot, and what its worker put in it."""

    slot_id: int
    item_id: int
    worker_id: int
    assignment_id: int
    value: str


def check(answers: Mapping[str, str], expected: Sequence[str], labels: Sequence[str]) -> None:
    """Raise unless every expected question is answered, and only those, with labels of the label set."""
    problems = [Problem(name, "is not answered") for name in expected if name not in answers]
    problems += [Problem(name, "is not on this page") for name in answers if name not in expected]
    problems += [
        Problem(name, f"{value!r} is not in the label set")
        for name, value in answers.items()
        if value not in labels
    ]
    if problems:
        raise bad_inputs(problems, what="answers")


def digest(answers: Mapping[str, str]) -> str:
    """Return the digest by which a repeated submission is recognised."""
    return hashlib.sha256(json.dumps(dict(answers), sort_keys=True).encode()).hexdigest()


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
    seconds: Mapping[int, float | None],
    now: datetime,
) -> None:
    """Insert one answer for each slot; `seconds` by assignment is shared evenly over its answers."""
    if not filled:
        return
    pages = Counter(slot.assignment_id for slot in filled)
    rows = [
        {
            "project_id": project.id,
            "item_id": slot.item_id,
            "worker_id": slot.worker_id,
            "slot_id": slot.slot_id,
            "label_set_id": label_set.id,
            "channel": channel,
            "value": slot.value,
            "seconds": _share(seconds[slot.assignment_id], pages[slot.assignment_id]),
            "created_at": now,
        }
        for slot in filled
    ]
    session.execute(insert(Answer), rows)


def _share(seconds: float | None, answers: int) -> float | None:
    return None if seconds is None else seconds / answers
