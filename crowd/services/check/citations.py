"""What examples cite: the answers and workers in their JSON lists, as rows to join with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.selectable import TableValuedAlias

from crowd.models import Example, TrainingSet, TrainingSetVersion
from crowd.services.check.invariant import within

ALL = true()  # a list is joined with the row it comes from: no condition is left


def answers(session: Session) -> tuple[TableValuedAlias, ColumnElement[int]]:
    """Return the ids of the answers an example cites, as a table and its column."""
    table = _elements(session, Example.answers)
    return table, cast(table.c.value, BigInteger)


def workers(session: Session) -> tuple[TableValuedAlias, ColumnElement[str]]:
    """Return the names of the workers an example cites, as a table and its column."""
    table = _elements(session, Example.workers)
    return table, cast(table.c.value, Text)


def of_project(project_id: int | None) -> ColumnElement[bool]:
    """Return the condition that an example belongs to the project, if one is given."""
    if project_id is None:
        return true()
    versions = (
        select(TrainingSetVersion.id).join(TrainingSet).where(within(TrainingSet.project_id, project_id))
    )
    return Example.version_id.in_(versions)


def _elements(session: Session, column: InstrumentedAttribute[list[Any]]) -> TableValuedAlias:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    function = func.json_each if is_sqlite else func.json_array_elements_text
    return function(column).table_valued("value")
