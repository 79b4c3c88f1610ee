"""Answers that are no labels are merged: what they say together, written as such an answer is stored."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import combinations
from math import isnan
from typing import Any

from aggregation.boxes import Box
from aggregation.comparisons import Comparisons
from aggregation.kinds import KINDS, estimate
from aggregation.readings import Readings
from aggregation.spans import Span
from crowd.models import LabelSet, Project
from crowd.task_types import structure
from crowd.task_types.options import decimal, written

SIGNIFICANT = 6


@dataclass(frozen=True, slots=True)
class Merged:
    """What the answers to one item say together."""

    value: str | None  # None where nothing can be said
    confidence: float


@dataclass(frozen=True, slots=True)
class _Form:
    """How answers of a task type become what the thinking packages merge, and back."""

    kind: str
    parse: Callable[[str], Any]
    write: Callable[[Any], str]


def merge(
    project: Project, label_set: LabelSet, readings: Readings[str], method: str, **parameters: object
) -> list[Merged]:
    """Merge stored answers; one result for each of the readings' items.

    Raises:
        ValueError: the method is unknown for answers of this type, or a parameter is.
        TypeError: the method takes no such parameter.
    """
    if project.task_type == "ranking":
        return _rankings(readings, method, parameters)
    form = _form(project, label_set.labels)
    parsed = Readings(
        readings.item,
        readings.worker,
        tuple(form.parse(value) for value in readings.values),
        readings.items,
        readings.workers,
    )
    given = {"labels": label_set.labels} if form.kind == "sets" else {}
    found = estimate(form.kind, parsed, method, **parameters, **given)
    return [
        Merged(None if value is None else form.write(value), 0.0 if isnan(sure) else sure)
        for value, sure in zip(found.values, found.confidence.tolist(), strict=True)
    ]


def methods(task_type: str) -> tuple[str, ...]:
    """Return the methods for answers of a task type, its default first."""
    if task_type == "ranking":
        return ("bradley-terry", "counting")
    return tuple(KINDS[KIND_OF.get(task_type, "labels")].methods)


METHODS = tuple(dict.fromkeys(name for kind in KINDS.values() for name in kind.methods))
# Of the task types whose answers are no labels.
KIND_OF: Mapping[str, str] = {
    "multilabel": "sets",
    "number": "numbers",
    "text": "texts",
    "spans": "spans",
    "boxes": "boxes",
    "ranking": "comparisons",
}


def _form(project: Project, labels: Sequence[str]) -> _Form:
    kind = KIND_OF[project.task_type]
    forms: dict[str, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
        "sets": (lambda text: frozenset(json.loads(text)), partial(_written_set, labels)),
        "numbers": (float, partial(_written_number, decimal(project.task_options.get("step")))),
        "texts": (str, str),
        "spans": (_spans, _written_spans),
        "boxes": (_boxes, _written_boxes),
    }
    return _Form(kind, *forms[kind])


def _written_set(labels: Sequence[str], chosen: frozenset[str]) -> str:
    return structure.compact([label for label in labels if label in chosen])


def _written_number(step: Decimal | None, value: float) -> str:
    """Write a number as precise as answers are: on a step where there are steps."""
    if step:
        return written(round(Decimal(value) / step) * step)
    return written(Decimal(f"{value:.{SIGNIFICANT}g}"))


def _spans(text: str) -> tuple[Span, ...]:
    return tuple(Span(span["start"], span["end"], span["label"]) for span in json.loads(text))


def _written_spans(spans: Sequence[Span]) -> str:
    rows = [{"start": span.start, "end": span.end, "label": span.label} for span in sorted(spans)]
    return structure.compact(rows)


def _boxes(text: str) -> tuple[Box, ...]:
    return tuple(
        Box(box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"], box["label"])
        for box in json.loads(text)
    )


def _written_boxes(boxes: Sequence[Box]) -> str:
    rows = [
        {
            "x": round(box.left, 1),
            "y": round(box.top, 1),
            "width": round(box.right - box.left, 1),
            "height": round(box.bottom - box.top, 1),
            "label": box.label,
        }
        for box in sorted(boxes)
    ]
    return structure.compact(rows)


def _rankings(readings: Readings[str], method: str, parameters: Mapping[str, object]) -> list[Merged]:
    """Rank the choices of each item by the comparisons that its answers imply."""
    found = [Merged(None, 0.0)] * len(readings.items)
    for item, rows in readings.by_item():
        compared = _compared([(readings.workers[readings.worker[n]], readings.values[n]) for n in rows])
        ranking = estimate("comparisons", compared, method, **parameters)
        tiers: dict[float, list[str]] = defaultdict(list)
        for name, score in zip(ranking.objects, ranking.score.round(9).tolist(), strict=True):
            tiers[score].append(name)
        order = [names[0] if len(names) == 1 else sorted(names) for names in tiers.values()]
        # As sure as the least sure step down; counting alone says nothing about that.
        sure = min(ranking.confidence[:-1].tolist(), default=1.0)
        found[item] = Merged(structure.compact(order), 0.0 if isnan(sure) else sure)
    return found


def _compared(answers: Sequence[tuple[str, str]]) -> Comparisons:
    """Return every pair of choices as each worker placed it."""
    rows: list[tuple[str, str, str, str]] = []
    for worker, value in answers:
        tiers = [entry if isinstance(entry, list) else [entry] for entry in json.loads(value)]
        rank = {key: place for place, tier in enumerate(tiers) for key in tier}
        for one, other in combinations(sorted(rank), 2):
            outcome = "tie" if rank[one] == rank[other] else "left" if rank[one] < rank[other] else "right"
            rows.append((worker, one, other, outcome))
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Comparisons.from_columns(*columns)
