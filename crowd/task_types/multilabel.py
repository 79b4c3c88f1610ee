"""Any number of labels out of the label set."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from crowd.task_types import options as known
from crowd.task_types import structure
from crowd.task_types.base import ANY, Ask, Fault

MOST = 1_000


class Multilabel:
    """Several labels at once."""

    name = "multilabel"
    is_categorical = False
    has_labels = True
    reads_payload = False

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Check how few and how many labels may be chosen."""
        taken = {"min": known.whole(0, MOST), "max": known.whole(1, MOST)}
        found = known.check(options, taken, "several labels") + known.labels(labels, 1, "several labels")
        if found:
            return found
        if options.get("min", 0) > len(labels):
            return [Fault("min", f"there are only {len(labels)} labels")]
        return known.ordered(options, "min", "max")

    def read(self, value: object, ask: Ask) -> str:
        """Return the chosen labels as JSON, in the order of the label set."""
        chosen = structure.listed(value)
        strange = [label for label in chosen if label not in ask.labels]
        if strange:
            raise ValueError(f"{strange[0]!r} is not in the label set")
        least, most = ask.options.get("min", 1), ask.options.get("max", len(ask.labels))
        ordered = [label for label in ask.labels if label in chosen]
        if not least <= len(ordered) <= most:
            raise ValueError(f"{len(ordered)} labels are chosen; it must be {least} to {most}")
        return structure.compact(ordered)

    def score(self, value: str, truth: str, ask: Ask = ANY) -> float:  # noqa: ARG002 - the same for all
        """Return the share of labels both chose among those either chose (Jaccard 1901)."""
        one, other = set(json.loads(value)), set(json.loads(truth))
        return len(one & other) / len(one | other) if one | other else 1.0
