"""People to be invited: a name each, and the groups they join."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crowd.errors import Problem, bad_inputs
from crowd.tables.columns import read_columns
from crowd.tables.reading import MOST_PROBLEMS
from crowd.tables.source import Source

LONGEST = 200


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person, the groups they join, and where they were read."""

    name: str
    groups: tuple[str, ...]
    where: str


def read_people(source: Source) -> list[PersonRow]:
    """Read a CSV file with `name` and, if wanted, `groups` separated by spaces or semicolons."""
    table = read_columns(source, ("name",), ("groups",))
    names = list(table.columns["name"])
    joined = list(table.columns.get("groups", [""] * len(names)))
    places = table.places([(row, "name") for row in range(len(names))])
    people = [
        PersonRow(name.strip(), tuple(groups.replace(";", " ").split()), where)
        for name, groups, where in zip(names, joined, places, strict=True)
    ]
    check_people(people, what=source.name)
    return people


def check_people(people: Sequence[PersonRow], *, what: str) -> None:
    """Raise where a name is blank, too long, or stands twice."""
    counts = Counter(person.name for person in people)
    problems = [Problem(person.where, fault) for person in people if (fault := _fault(person, counts))]
    if problems:
        raise bad_inputs(problems[:MOST_PROBLEMS], what=what, found=len(problems))


def _fault(person: PersonRow, counts: Mapping[str, int]) -> str:
    if not person.name.strip():
        return "is blank"
    if len(person.name) > LONGEST:
        return f"is longer than {LONGEST} characters"
    return f"{person.name!r} stands there more than once" if counts[person.name] > 1 else ""
