"""Collectors of how people go about it: speed, repetition, likeness to others, and share of the work."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import Select, func, select

from aggregation.answers import Answers
from crowd.models import Answer
from crowd.services.rules.look import Found, Look
from crowd.services.setup import projects
from crowd.task_types import TASK_TYPES
from qc import conduct
from qc.conduct import Sign

# Pairs of answers looked at for likeness; more items than that takes are passed over.
MOST_PAIRS = 200_000


def speed(look: Look) -> dict[int, Found]:
    """Return how fast each worker answers, beside the others."""
    seconds: dict[str, list[float]] = defaultdict(list)
    query = _answers(look, Answer.worker_id, Answer.seconds).where(Answer.seconds.is_not(None))
    for worker, taken in look.session.execute(query):
        seconds[str(worker)].append(taken)
    return _found(conduct.speed(seconds), {worker: len(times) for worker, times in seconds.items()})


def repetition(look: Look) -> dict[int, Found]:
    """Return the longest run of one label of each worker."""
    if not TASK_TYPES[look.project.task_type].is_categorical:
        return {}
    code = {label: place for place, label in enumerate(_labels(look))}
    said: dict[str, list[int]] = defaultdict(list)
    query = _answers(look, Answer.worker_id, Answer.value).order_by(Answer.id)
    for worker, label in look.session.execute(query):
        said[str(worker)].append(code[label])
    given = Counter(label for labels in said.values() for label in labels)
    shares = [given[label] / given.total() for label in range(len(code))] if given else []
    return _found(
        conduct.repetition(said, shares) if given else {},
        {worker: len(labels) for worker, labels in said.items()},
    )


def sequences(look: Look) -> dict[int, Found]:
    """Return how like another's each worker's answers are: the likeness furthest beyond its threshold."""
    if not TASK_TYPES[look.project.task_type].is_categorical:
        return {}
    answers = _as_arrays(look)
    furthest: dict[str, Sign] = {}
    for pair, sign in conduct.identical(answers).items():
        for worker in pair:
            if worker not in furthest or _beyond(sign) > _beyond(furthest[worker]):
                furthest[worker] = sign
    given = np.bincount(answers.worker, minlength=len(answers.workers)).tolist()
    return _found(furthest, dict(zip(answers.workers, given, strict=True)))


def volume(look: Look) -> dict[int, Found]:
    """Return the share of all answers that each worker gave."""
    query = _answers(look, Answer.worker_id, func.count()).group_by(Answer.worker_id)
    counts = {str(worker): count for worker, count in look.session.execute(query)}
    return _found(conduct.volume(counts), counts)


def _answers(look: Look, *columns: Any) -> Select[Any]:  # noqa: ANN401 - SQL
    return select(*columns).where(Answer.project_id == look.project.id, Answer.created_at <= look.at)


def _labels(look: Look) -> list[str]:
    return projects.labels(look.session, look.project).labels


def _as_arrays(look: Look) -> Answers:
    """Return the answers to as many items as there is time for, spread over all of them."""
    labels = _labels(look)
    code = {label: place for place, label in enumerate(labels)}
    query = _answers(look, Answer.item_id, Answer.worker_id, Answer.value)
    rows = [(item, worker, code[label]) for item, worker, label in look.session.execute(query)]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    items, item = np.unique(table[:, 0], return_inverse=True)
    size = np.bincount(item, minlength=len(items))
    every = max(1, int(np.ceil((size * (size - 1) / 2).sum() / MOST_PAIRS)))
    kept = np.flatnonzero(item % every == 0)
    kept = kept[np.lexsort((table[kept, 1], item[kept]))]
    workers, worker = np.unique(table[kept, 1], return_inverse=True)
    items, item = np.unique(table[kept, 0], return_inverse=True)
    return Answers(
        item=item.astype(np.int32),
        worker=worker.astype(np.int32),
        label=table[kept, 2].astype(np.int32),
        items=tuple(map(str, items.tolist())),
        workers=tuple(map(str, workers.tolist())),
        labels=tuple(labels),
    )


def _beyond(sign: Sign) -> float:
    return sign.value - sign.threshold


def _found(signs: Mapping[str, Sign], answers: Mapping[str, int]) -> dict[int, Found]:
    return {
        int(worker): Found(
            answers[worker],
            {
                "value": sign.value,
                "threshold": sign.threshold,
                "flagged": sign.flagged,
                "answers": answers[worker],
            },
        )
        for worker, sign in signs.items()
    }
