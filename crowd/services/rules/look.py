"""What a collector is asked, what it finds, and how it looks at the newest part only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select, true
from sqlalchemy.orm import Session

from crowd.models import Project
from qc.rule_faults import hours
from qc.rules import Facts, Window


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a project as it was at a moment."""

    session: Session
    project: Project
    at: datetime
    window: Window


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of one worker or item, and on how many pieces of evidence."""

    evidence: int
    facts: Facts


Collect = Callable[[Look], Mapping[int, Found]]
"""Returns what is known of every worker, or item, of whom anything is, by id."""


def newest(look: Look, events: Select[*tuple[Any, ...]]) -> tuple[Subquery, ColumnElement[bool]]:
    """Return events up to the moment, and the condition to be in the window.

    The columns of `events` are who (a worker), number (the order) and at (the moment), then any others.
    """
    rows = events.subquery()
    rank = func.row_number().over(partition_by=rows.c.who, order_by=rows.c.number.desc()).label("rank")
    ranked = select(rows, rank).where(rows.c.at <= look.at).subquery()
    if look.window.last is not None:
        return ranked, ranked.c.rank <= look.window.last
    if look.window.period is not None:
        return ranked, ranked.c.at > look.at - timedelta(hours=hours(look.window.period))
    return ranked, true()


def share(part: float, whole: float) -> float | None:
    """Return a share; None of nothing."""
    return part / whole if whole else None
