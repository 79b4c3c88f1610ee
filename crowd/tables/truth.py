"""Known labels, to measure against."""

from __future__ import annotations

from collections.abc import Collection

from crowd.tables.answers import outside
from crowd.tables.columns import read_columns
from crowd.tables.header import Extra
from crowd.tables.source import Source


def read_truth(
    source: Source, *, labels: Collection[str] | None = None, extra: Extra = "ignore"
) -> dict[str, str]:
    """Read a CSV file of `item` (or `task`) and `label`; items may be repeated, not contradicted."""
    table = read_columns(source, ("item", "label"), extra=extra)
    if labels is not None and (faults := outside(table, labels)):
        raise table.error(faults)
    truth: dict[str, str] = {}
    contradictions = [
        (row, "label", f"item {item!r} is {label!r} here and {truth[item]!r} above; keep one")
        for row, (item, label) in enumerate(zip(table.columns["item"], table.columns["label"], strict=True))
        if truth.setdefault(item, label) != label
    ]
    if contradictions:
        raise table.error(contradictions)
    return truth
