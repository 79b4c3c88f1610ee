"""The tables of the old requester site: what a page is filled in with, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crowd.errors import Problem, bad_input, bad_inputs
from crowd.tables.header import refuse_other_separators
from crowd.tables.reading import MOST_PROBLEMS, csv_rows, empty, place, text
from crowd.tables.source import Source

ASSIGNMENT, APPROVE, REJECT = "AssignmentId", "Approve", "Reject"
MARKS = ("x", "yes", "1", "true")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The rows that a page is filled in with."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]  # where each row begins
    name: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a row of results says about one assignment."""

    assignment: str
    approves: bool
    reason: str  # why it is rejected; a bare mark is no reason
    where: str


def read_inputs(source: Source) -> Inputs:
    """Read a CSV file whose columns are the names in a page, one HIT for each row."""
    header, rows = _table(source)
    if not rows:
        raise empty(source.name)
    return Inputs(
        tuple(header), tuple(tuple(row) for _, row in rows), tuple(line for line, _ in rows), source.name
    )


def read_verdicts(source: Source, *, reason: str = "") -> list[Verdict]:
    """Read a table of results with marks in the columns Approve and Reject; rows without one are passed over.

    Args:
        source: the table; other columns do not matter.
        reason: what workers are told where Reject holds a bare mark.
    """
    header, rows = _table(source)
    missing = [name for name in (ASSIGNMENT, APPROVE, REJECT) if name not in header]
    if missing:
        raise bad_input(source.name, f"the columns {', '.join(missing)} are missing")
    id_at, approve_at, reject_at = (header.index(name) for name in (ASSIGNMENT, APPROVE, REJECT))
    found = [
        (place(source.name, line), cells[id_at].strip(), cells[approve_at].strip(), cells[reject_at].strip())
        for line, cells in rows
    ]
    problems = [
        problem
        for where, assignment, approve, reject in found
        for problem in _faults(where, assignment, approve, reject, reason)
    ]
    if problems:
        raise bad_inputs(problems[:MOST_PROBLEMS], what=source.name, found=len(problems))
    return [
        Verdict(assignment, bool(approve), "" if approve else _reason(reject, reason), where)
        for where, assignment, approve, reject in found
        if approve or reject
    ]


def _table(source: Source) -> tuple[list[str], list[tuple[int, list[str]]]]:
    rows: Iterator[tuple[int, list[str]]] = csv_rows(source.name, text(source))
    line, header = next(rows)
    refuse_other_separators(place(source.name, line), header)
    names = [name.strip() for name in header]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise bad_input(place(source.name, line, repeated[0]), "the column stands more than once; keep one")
    kept = list(rows)
    problems = [
        Problem(place(source.name, line), f"has {len(cells)} cells, the header has {len(names)}")
        for line, cells in kept
        if len(cells) != len(names)
    ]
    if problems:
        raise bad_inputs(problems[:MOST_PROBLEMS], what=source.name, found=len(problems))
    return names, kept


def _faults(where: str, assignment: str, approve: str, reject: str, reason: str) -> Iterator[Problem]:
    if approve and reject:
        yield Problem(where, "has both Approve and Reject; leave one empty")
    elif approve and approve.lower() not in MARKS:
        yield Problem(where, f"Approve must be x or empty, not {approve!r}")
    elif reject and not _reason(reject, reason):
        yield Problem(where, "write into Reject why, for the worker to read, or give --reason")
    if (approve or reject) and not assignment:
        yield Problem(where, "has no AssignmentId")


def _reason(reject: str, reason: str) -> str:
    return reason if reject.lower() in MARKS else reject


def names_missing(wanted: Sequence[str], inputs: Inputs) -> list[str]:
    """Return the names of a page that the table has no column for."""
    return [name for name in wanted if name not in inputs.columns]
