"""Passages of a text, each with a label; they may overlap."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from crowd.task_types import options as known
from crowd.task_types import structure
from crowd.task_types.base import ANY, Ask, Fault

Span = tuple[int, int, str]


class Spans:
    """Text spans: `start` and `end` count code points of the item's `text`, `end` is not part of it."""

    name = "spans"
    is_categorical = False
    has_labels = True
    reads_payload = True

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Check whether spans may overlap, and how few there may be."""
        taken = {"overlap": known.flag, "min": known.whole(0, structure.MOST)}
        return known.check(options, taken, "spans") + known.labels(labels, 1, "spans")

    def read(self, value: object, ask: Ask) -> str:
        """Return the spans as JSON, each once, in the order of the text."""
        text = ask.payload.get("text")
        if not isinstance(text, str):
            raise ValueError("the item has no `text` to mark")  # noqa: TRY004 - as promised
        found = sorted({_span(entry, len(text), ask.labels) for entry in structure.listed(value)})
        if len(found) < (least := ask.options.get("min", 0)):
            raise ValueError(f"{len(found)} spans are marked; it must be at least {least}")
        if not ask.options.get("overlap", True) and any(
            left[1] > right[0] for left, right in pairwise(found)
        ):
            raise ValueError("spans must not overlap here")
        return structure.compact(
            [{"start": start, "end": end, "label": label} for start, end, label in found]
        )

    def score(self, value: str, truth: str, ask: Ask = ANY) -> float:  # noqa: ARG002 - the same for all
        """Return F1 over spans that agree in both ends and the label (CoNLL-2003; 1 where both have none)."""
        one, other = _stored(value), _stored(truth)
        return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0


def _span(entry: object, length: int, labels: Sequence[str]) -> Span:
    given = structure.fields(entry, ("start", "end", "label"), "a span")
    start, end, label = given["start"], given["end"], given["label"]
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= length:
        raise ValueError(f"a span from {start!r} to {end!r} does not lie in a text of {length} characters")
    if label not in labels:
        raise ValueError(f"{label!r} is not in the label set")
    return start, end, label


def _stored(value: str) -> set[Span]:
    return {(span["start"], span["end"], span["label"]) for span in json.loads(value)}
