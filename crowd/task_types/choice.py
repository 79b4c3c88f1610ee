"""One label out of the label set, for a text, an image, a sound or a video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crowd.task_types.base import Ask, Fault


class Choice:
    """Single choice."""

    name = "choice"
    is_categorical = True
    has_labels = True
    reads_payload = False

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Refuse options, for there is nothing to set, and a label set without a choice."""
        found = [Fault(name, "a choice has no such option") for name in options]
        return found if len(labels) > 1 else [*found, Fault("labels", "a choice needs at least 2 labels")]

    def read(self, value: object, ask: Ask) -> str:
        """Return the label."""
        if not isinstance(value, str) or value not in ask.labels:
            raise ValueError(f"{value!r} is not in the label set")
        return value

    def score(self, value: str, truth: str) -> float:
        """Return 1 where they are the same."""
        return float(value == truth)
