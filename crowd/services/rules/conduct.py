"""Collectors of how people answer: speed, repetition, likeness to others, and share of the work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select

from crowd.models import Answer
from crowd.services.rules.look import Found, Look
from crowd.task_types import TASK_TYPES
from qc import habits
from qc.habits import Finding


def speed(look: Look) -> dict[int, Found]:
    """Return how fast each worker answers, beside the others."""
    seconds: dict[int, list[float]] = defaultdict(list)
    query = _answers(look, Answer.worker_id, Answer.seconds).where(Answer.seconds.is_not(None))
    for worker, taken in look.session.execute(query):
        seconds[worker].append(taken)
    return _found(habits.speed(seconds))


def repetition(look: Look) -> dict[int, Found]:
    """Return the longest run of one label of each worker."""
    labels: dict[int, list[str]] = defaultdict(list)
    if not TASK_TYPES[look.project.task_type].is_categorical:
        return {}
    query = _answers(look, Answer.worker_id, Answer.value).order_by(Answer.id)
    for worker, label in look.session.execute(query):
        labels[worker].append(label)
    return _found(habits.repetition(labels))


def sequences(look: Look) -> dict[int, Found]:
    """Return how like another's answers each worker's are."""
    said: dict[int, dict[int, str]] = defaultdict(dict)
    if not TASK_TYPES[look.project.task_type].is_categorical:
        return {}
    query = _answers(look, Answer.item_id, Answer.worker_id, Answer.value).order_by(Answer.id)
    for item, worker, label in look.session.execute(query):
        said[item][worker] = label
    return _found(habits.sequences(said))


def volume(look: Look) -> dict[int, Found]:
    """Return the share of all answers that each worker gave."""
    query = _answers(look, Answer.worker_id, func.count()).group_by(Answer.worker_id)
    return _found(habits.volume({worker: count for worker, count in look.session.execute(query)}))


def _answers(look: Look, *columns: Any) -> Select[Any]:  # noqa: ANN401 - SQL
    return select(*columns).where(Answer.project_id == look.project.id, Answer.created_at <= look.at)


def _found(findings: Mapping[int, Finding]) -> dict[int, Found]:
    return {
        worker: Found(
            each.answers,
            {
                "value": each.value,
                "threshold": each.threshold,
                "flagged": each.flagged,
                "answers": each.answers,
            },
        )
        for worker, each in findings.items()
    }
