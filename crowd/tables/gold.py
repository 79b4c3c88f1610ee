"""Gold: items whose answer is known and which workers are graded on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from crowd.errors import Problem, bad_inputs
from crowd.tables.reading import MOST_PROBLEMS, place
from crowd.tables.records import Record, as_name, read_records
from crowd.tables.source import Source


@dataclass(frozen=True, slots=True)
class GoldRow:
    """The known label of one item, and where it was read."""

    key: str
    label: str
    where: str


def read_gold(source: Source, *, labels: Collection[str] | None = None) -> list[GoldRow]:
    """Read a CSV or JSONL file of `item` (or `task`) and `label`; items may be repeated, not contradicted."""
    first: dict[str, Record] = {}
    problems = [
        Problem(place(source.name, record.line, field), message)
        for record in read_records(source)
        for field, message in _faults(record, first.setdefault(record.key, record), labels)
    ]
    if problems:
        raise bad_inputs(problems[:MOST_PROBLEMS], what=source.name)
    return [
        GoldRow(key, as_name(record.fields["label"]), place(source.name, record.line))
        for key, record in first.items()
    ]


def _faults(record: Record, first: Record, labels: Collection[str] | None) -> list[tuple[str, str]]:
    faults = [(name, "unknown field; expected item, label") for name in record.fields if name != "label"]
    label, known = as_name(record.fields.get("label")), as_name(first.fields.get("label"))
    if not label:
        faults.append(("label", "is missing, blank, or no text"))
    elif labels is not None and label not in labels:
        faults.append(("label", f"{label!r} is not in the label set: {', '.join(map(repr, labels))}"))
    elif label != known:
        faults.append(("label", f"item {record.key!r} is {known!r} on line {first.line}; keep one"))
    return faults
