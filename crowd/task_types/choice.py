"""One label out of the label set, for a text, an image, a sound or a video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crowd.task_types import options as known
from crowd.task_types.base import ANY, Ask, Fault


class Choice:
    """Single choice."""

    name = "choice"
    is_categorical = True
    has_labels = True
    reads_payload = False

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Refuse what is no option, and a label set without a choice."""
        return known.check(options, {}, "a choice") + known.labels(labels, 2, "a choice")

    def read(self, value: object, ask: Ask) -> str:
        """Return the label."""
        if not isinstance(value, str) or value not in ask.labels:
            raise ValueError(f"{value!r} is not in the label set")
        return value

    def score(self, value: str, truth: str, ask: Ask = ANY) -> float:  # noqa: ARG002 - the same for all
        """Return 1 where they are the same."""
        return float(value == truth)
