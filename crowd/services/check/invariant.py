"""What an invariant is, and the few words its queries share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, true
from sqlalchemy.orm import Session

Rows = Select[*tuple[Any, ...]]
Find = Callable[[Session, int | None], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that is true of every sound database, under the number it has in the docs."""

    number: int
    text: str
    find: Find  # one line for every violation, in one project or, for None, in all
    is_global: bool  # concerns the database as a whole: skipped where one project is checked


def invariant(number: int, text: str, *, is_global: bool = False) -> Callable[[Find], Invariant]:
    """Decorator: make an invariant of the generator that finds its violations."""
    return lambda find: Invariant(number, text, find, is_global)


def within(column: SQLColumnExpression[int], project_id: int | None) -> ColumnElement[bool]:
    """Return the condition that a row belongs to the project, if one is given."""
    return true() if project_id is None else column == project_id


def lines(session: Session, query: Rows, template: str) -> Iterator[str]:
    """Yield the template once for every row, filled with the row's columns."""
    for row in session.execute(query).mappings():
        yield template.format_map(row)
