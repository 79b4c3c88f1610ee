"""Collectors that hold workers against each other: rings, and what answers tell."""

from __future__ import annotations

import numpy as np

from crowd import frames
from crowd.services import quality as measures
from crowd.services.rules.look import Found, Look
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES
from qc.rings import rings as find_rings


def rings(look: Look) -> dict[int, Found]:
    """Return who belongs to a group that shares its errors."""
    if not TASK_TYPES[look.project.task_type].is_categorical:
        return {}
    labels = projects.labels(look.session, look.project).labels
    frame = frames.read_answers(look.session, look.project, labels)
    if not len(frame.answers):
        return {}
    found = find_rings(frame.answers)
    size = {worker: len(group) for group in found.groups for worker in group}
    excess: dict[str, float] = {}
    for pair in found.pairs:
        for worker in (pair.one, pair.other):
            excess[worker] = max(excess.get(worker, 0.0), pair.excess)
    given = np.bincount(frame.answers.worker, minlength=len(frame.answers.workers)).tolist()
    return {
        int(worker): Found(
            count,
            {
                "member": worker in size,
                "size": size.get(worker, 0),
                "excess": excess.get(worker),
                "answers": count,
            },
        )
        for worker, count in zip(frame.answers.workers, given, strict=True)
    }


def quality(look: Look) -> dict[int, Found]:
    """Return what the answers of each worker tell, and how that compares with an answer of this crowd."""
    found = measures.measured(look.session, look.project)
    answers = sum(row.answers for row in found.values())
    told = sum(row.answers * row.information.value for row in found.values())
    return {
        worker: Found(
            row.answers,
            {
                "informedness": row.informedness.value,
                "informedness_low": row.informedness.low,
                "informedness_high": row.informedness.high,
                "information": row.information.value,
                "information_ratio": row.information.value * answers / told if told > 0.0 else None,
                "answers": row.answers,
            },
        )
        for worker, row in found.items()
    }
