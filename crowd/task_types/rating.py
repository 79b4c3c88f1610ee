"""A step of an ordinal scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from crowd.task_types import options as known
from crowd.task_types.base import Ask, Fault
from crowd.task_types.choice import Choice

SCALE = "the labels of a rating are its steps: numbers, each above the one before, such as 1 to 5"


class Rating(Choice):
    """Rating: the labels are the steps."""

    name = "rating"

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Want rising numbers as labels, and captions of the ends that are short."""
        found = known.check(options, {"low": known.words, "high": known.words}, "a rating")
        found += known.labels(labels, 2, "a rating")
        steps = [known.decimal(label) for label in labels]
        is_scale = all(
            step is not None and known.written(step) == label
            for step, label in zip(steps, labels, strict=True)
        )
        if not is_scale or any(low >= high for low, high in pairwise(steps)):  # type: ignore[operator]
            found.append(Fault("labels", SCALE))
        return found

    def read(self, value: object, ask: Ask) -> str:
        """Return the step as text."""
        step = known.decimal(value)
        if step is None or known.written(step) not in ask.labels:
            raise ValueError(f"{value!r} is no step of the scale")
        return known.written(step)
