"""What people really earn by the hour, held against what the requester calls fair."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from crowd.models import Assignment, Project
from workers.earnings import median_hourly
from workers.money import display

FEWEST = 5  # pages that say something
NEWEST = 500  # pages that are looked at


@dataclass(frozen=True, slots=True)
class FairPay:
    """The median of what a page earns by the hour of active time."""

    pages: int
    hourly_micros: int
    floor_micros: int | None
    warning: str | None  # set where the median is below the floor


def fair_pay(session: Session, project: Project) -> FairPay | None:
    """Return what the newest pages earn by the hour; None while there are fewer than `FEWEST`."""
    amount = case((Assignment.review == "rejected", 0), else_=Assignment.amount_micros)
    query = (
        select(amount, Assignment.active_seconds)
        .where(Assignment.project_id == project.id, Assignment.work == "submitted")
        .where(Assignment.kind == "work", Assignment.active_seconds > 0)
        .order_by(Assignment.id.desc())
        .limit(NEWEST)
    )
    pages = [(earned, seconds) for earned, seconds in session.execute(query)]
    if len(pages) < FEWEST:
        return None
    median, floor = median_hourly(pages), project.fair_hourly_micros
    text = f"the median page of the newest {len(pages)} earns {display(median)} by the hour"
    is_low = floor is not None and median < floor
    return FairPay(len(pages), median, floor, f"{text}, below {display(floor or 0)}" if is_low else None)
