"""Gold: items whose answer is known and which workers are graded on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from crowd.errors import Problem, bad_inputs
from crowd.tables.reading import MOST_PROBLEMS, place
from crowd.tables.records import Record, as_name, read_records
from crowd.tables.source import Source

FIELDS = ("label", "accepted", "use", "explanation")
USES = ("hidden", "training", "told")


@dataclass(frozen=True, slots=True)
class GoldRow:
    """The known label of one item, and where it was read."""

    key: str
    label: str
    where: str
    accepted: dict[str, float] = field(default_factory=dict)  # other right answers, with their credit
    use: str = USES[0]
    explanation: str = ""


def read_gold(source: Source, *, labels: Collection[str] | None = None) -> list[GoldRow]:
    """Read a CSV or JSONL file of `item` (or `task`) and `label`; items may be repeated, not contradicted.

    Three fields more may be there: `accepted`, `use` and `explanation`.
    """
    first: dict[str, Record] = {}
    problems = [
        Problem(place(source.name, record.line, name), message)
        for record in read_records(source)
        for name, message in _faults(record, first.setdefault(record.key, record), labels)
    ]
    if problems:
        raise bad_inputs(problems[:MOST_PROBLEMS], what=source.name, found=len(problems))
    return [
        GoldRow(
            key,
            as_name(record.fields["label"]),
            place(source.name, record.line),
            read_accepted(record.fields.get("accepted")),
            record.fields.get("use") or USES[0],
            record.fields.get("explanation") or "",
        )
        for key, record in first.items()
    ]


def read_accepted(value: object) -> dict[str, float]:
    """Read further right answers: an object of them with their credit, a list, or text: `kitten=0.5;tom`.

    Raises:
        ValueError: it is none of these, or a credit is not above 0 and at most 1.
    """
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        value = json.loads(value)
    if isinstance(value, str):
        value = dict(_said(part.strip()) for part in value.split(";") if part.strip())
    if isinstance(value, list):
        value = dict.fromkeys(map(as_name, value), 1.0)
    if not isinstance(value, dict | None):
        raise ValueError("must be answers with their credit, such as kitten=0.5;tom")  # noqa: TRY004 - as said
    found = {as_name(answer): credit for answer, credit in (value or {}).items()}
    if "" in found:
        raise ValueError("names an answer that is blank, or no text")
    for answer, credit in found.items():
        is_number = isinstance(credit, int | float) and not isinstance(credit, bool)
        if not is_number or not 0 < credit <= 1:
            raise ValueError(f"the credit of {answer!r} is {credit!r}; it must be above 0 and at most 1")
    return {answer: float(credit) for answer, credit in found.items()}


def _said(part: str) -> tuple[str, float]:
    answer, mark, credit = part.rpartition("=")
    try:
        return (answer, float(credit)) if mark else (part, 1.0)
    except ValueError:
        raise ValueError(f"the credit of {answer!r} is {credit!r}; it must be a number") from None


def _faults(record: Record, first: Record, labels: Collection[str] | None) -> Iterator[tuple[str, str]]:
    for name in record.fields:
        if name not in FIELDS:
            yield name, f"unknown field; expected item, {', '.join(FIELDS)}"
    label, known = as_name(record.fields.get("label")), as_name(first.fields.get("label"))
    if not label:
        yield "label", "is missing, blank, or no text"
    elif labels is not None and label not in labels:
        yield "label", f"{label!r} is not in the label set: {', '.join(map(repr, labels))}"
    elif label != known:
        yield "label", f"item {record.key!r} is {known!r} on line {first.line}; keep one"
    elif any(record.fields.get(name) != first.fields.get(name) for name in FIELDS):
        yield "", f"item {record.key!r} is on line {first.line} too, but not the same; keep one"
    try:
        read_accepted(record.fields.get("accepted"))
    except ValueError as error:
        yield "accepted", str(error)
    if (record.fields.get("use") or USES[0]) not in USES:
        yield "use", f"choose from {', '.join(USES)}"
    if not isinstance(record.fields.get("explanation", ""), str | None):
        yield "explanation", "is no text"
