"""An order among a few things, the best first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from crowd.task_types import options as known
from crowd.task_types import structure
from crowd.task_types.base import ANY, Ask, Fault


class Ranking:
    """Ranking of the item's `choices`; a tie is a list inside the list."""

    name = "ranking"
    is_categorical = False
    has_labels = False
    reads_payload = True

    def faults(self, options: Mapping[str, Any], labels: Sequence[str]) -> list[Fault]:
        """Check whether ties are allowed."""
        return known.check(options, {"ties": known.flag}, "a ranking") + known.labels(labels, 0, "a ranking")

    def read(self, value: object, ask: Ask) -> str:
        """Return the order as JSON, tied keys in alphabetical order."""
        tiers = [_tier(entry) for entry in structure.listed(value)]
        wanted = choices(ask.payload)
        if not wanted:
            raise ValueError("the item has no list `choices` to rank")
        given = [key for tier in tiers for key in tier]
        if sorted(given) != sorted(wanted):
            raise ValueError(f"every choice must be ranked once: {', '.join(wanted)}")
        if len(tiers) < len(given) and not ask.options.get("ties", False):
            raise ValueError("ties are not allowed here")
        return structure.compact([tier[0] if len(tier) == 1 else sorted(tier) for tier in tiers])

    def score(self, value: str, truth: str, ask: Ask = ANY) -> float:  # noqa: ARG002 - the same for all
        """Return 1 less Kendall's distance as a share of all pairs.

        A pair in opposite order counts 1, one that is tied on one side only a half: K^(1/2) of
        Fagin, Kumar, Mahdian, Sivakumar and Vee (2006), which is a metric.
        """
        one, other = _ranks(value), _ranks(truth)
        pairs = list(combinations(sorted(one.keys() & other.keys()), 2))
        apart = sum(abs(_sign(one[a] - one[b]) - _sign(other[a] - other[b])) for a, b in pairs) / 2
        return 1 - apart / len(pairs) if pairs else float(one == other)


def choices(payload: Mapping[str, Any]) -> dict[str, object]:
    """Return what an item gives to rank, by key; a plain text is its own key."""
    given = payload.get("choices")
    if not isinstance(given, list):
        return {}
    return {_key(choice): choice for choice in given}


def _key(choice: object) -> str:
    return str(choice.get("key", "")) if isinstance(choice, Mapping) else str(choice)


def _tier(entry: object) -> list[str]:
    tier: list[Any] = entry if isinstance(entry, list) else [entry]
    if not tier or not all(isinstance(key, str) for key in tier):
        raise ValueError("a ranking lists keys, and keys of equal rank as a list")
    return tier


def _ranks(value: str) -> dict[str, int]:
    return {key: rank for rank, entry in enumerate(json.loads(value)) for key in _tier(entry)}


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
