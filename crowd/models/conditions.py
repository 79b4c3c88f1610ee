"""Conditions that many queries share: those of the partial indexes, and when a restriction holds.

The first are written as the indexes have them. A database uses a partial index only where it sees that the
query implies its condition: SQLite does not for `claimable = 1`, and neither sees through a parameter.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, TextClause, and_, literal_column, or_, text

from crowd.models.assignment import Assignment
from crowd.models.project import Project
from crowd.models.worker import Restriction

CLAIMABLE = text("item.claimable")
ASSIGNED = Assignment.work == literal_column("'assigned'")
DUE = Assignment.payment == literal_column("'due'")
LIVE = text("slot.live")
# `in_force` in plain SQL, for what is asked at every claim.
IN_FORCE = "restriction.lifted_at IS NULL AND (restriction.until IS NULL OR restriction.until > :now)"


def claimable(*, handed_over: bool) -> TextClause:
    """Return the condition for items with places open for the people of one of the two channels."""
    return text(f"item.claimable AND item.handed_over = {str(handed_over).lower()}")


def asks(channel: str) -> ColumnElement[bool]:
    """Return the condition for a project to ask this channel's people, alone or besides others."""
    return or_(Project.channel == channel, Project.second_channel == channel)


def in_force(now: datetime) -> ColumnElement[bool]:
    """Return the condition for a restriction to hold at this moment."""
    return and_(Restriction.lifted_at.is_(None), or_(Restriction.until.is_(None), Restriction.until > now))
