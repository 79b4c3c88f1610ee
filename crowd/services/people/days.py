"""Days in UTC, the same on both databases, and how many of them were worked in a row."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

ONE_DAY = timedelta(days=1)


class utc_day(FunctionElement[date]):  # noqa: N801 - reads as the function it is
    """The day on which a moment falls."""

    type = Date()
    inherit_cache = True

    def __init__(self, moment: ColumnElement[Any] | Any) -> None:  # noqa: ANN401 - a mapped attribute
        super().__init__(moment)


@compiles(utc_day, "sqlite")
def _sqlite(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    return f"date({compiler.process(element.clauses, **options)})"


@compiles(utc_day, "postgresql")
def _postgresql(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    # Without a zone, PostgreSQL would take the session's.
    return f"(({compiler.process(element.clauses, **options)}) AT TIME ZONE 'UTC')::date"


def streak(worked: Collection[date], today: date) -> int:
    """Count the days worked in a row up to today; yesterday's still holds, for today is not over."""
    day = today if today in worked else today - ONE_DAY
    length = 0
    while day in worked:
        length, day = length + 1, day - ONE_DAY
    return length
