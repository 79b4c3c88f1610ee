"""The conditions of the partial indexes, written as the indexes have them.

A database uses a partial index only where it sees that the query implies its condition: SQLite does not
for `claimable = 1`, and neither sees through a parameter.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, TextClause, literal_column, or_, text

from crowd.models.assignment import Assignment
from crowd.models.project import Project

CLAIMABLE = text("item.claimable")
ASSIGNED = Assignment.work == literal_column("'assigned'")
DUE = Assignment.payment == literal_column("'due'")
LIVE = text("slot.live")


def claimable(*, handed_over: bool) -> TextClause:
    """Return the condition for items with places open for the people of one of the two channels."""
    return text(f"item.claimable AND item.handed_over = {str(handed_over).lower()}")


def asks(channel: str) -> ColumnElement[bool]:
    """Return the condition for a project to ask this channel's people, alone or besides others."""
    return or_(Project.channel == channel, Project.second_channel == channel)
