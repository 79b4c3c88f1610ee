"""What came back from an endpoint: one worker's submission, and what our page said in it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crowd.channels.mturk import answers
from crowd.channels.mturk.answers import Malformed
from crowd.channels.mturk.calls import Reply

FIELD = "crowd"  # the one field of our page, which holds everything as JSON


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One submitted assignment as an endpoint lists it; no id in it is taken for more than a text."""

    hit: str
    assignment: str
    worker: str
    status: str  # "Submitted", "Approved" or "Rejected"
    accepted_at: datetime
    submitted_at: datetime
    answer: str  # XML

    @classmethod
    def read(cls, row: Reply) -> HandedIn:
        """Read a row of `ListAssignmentsForHIT`, or what `GetAssignment` gives."""
        submitted_at = row["SubmitTime"].astimezone(UTC)
        return cls(
            row["HITId"],
            row["AssignmentId"],
            row["WorkerId"],
            row["AssignmentStatus"],
            row["AcceptTime"].astimezone(UTC) if "AcceptTime" in row else submitted_at,
            submitted_at,
            row.get("Answer", ""),
        )

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what tells it from all others: endpoints give an assignment's id to the next worker."""
        return self.hit, self.assignment, self.worker

    @property
    def held_seconds(self) -> float:
        """Return how long the worker had the page."""
        return max(0.0, (self.submitted_at - self.accepted_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Said:
    """What a page's form held, by question, not yet checked against the page."""

    answers: Mapping[str, object]
    skips: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None


def said(xml: str) -> Said:
    """Return what a worker said on a page of ours.

    A form of plain fields, a question's name on each, is read as well; a field given twice is a list.

    Raises:
        Malformed: it is no answer XML, or nothing of ours.
    """
    fields = answers.read(xml)
    if FIELD not in fields:
        return Said(
            {name: values[0] if len(values) == 1 else list(values) for name, values in fields.items()}
        )
    if len(fields[FIELD]) != 1:
        raise Malformed(f"the field {FIELD!r} comes {len(fields[FIELD])} times")
    try:
        form = json.loads(fields[FIELD][0])
    except ValueError:
        raise Malformed(f"the field {FIELD!r} is no JSON") from None
    if not isinstance(form, dict):
        raise Malformed(f"the field {FIELD!r} is no object")
    return Said(
        _part(form, "answers"),
        {name: _texts(name, skip) for name, skip in _part(form, "skips").items()},
        _texts("notes", _part(form, "notes")),
        {name: _seconds(value) for name, value in _part(form, "times").items()},
        _seconds(form["seconds"]) if form.get("seconds") is not None else None,
    )


def _part(form: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = form.get(name) or {}
    if not isinstance(part, dict):
        raise Malformed(f"{name!r} is no object")
    return part


def _texts(name: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise Malformed(f"{name!r} does not hold texts")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise Malformed(f"{value!r} is no number of seconds")
    return float(value)
