"""What lies ready for a worker: every project open to them, with what it pays and how long a page takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Literal

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from crowd.models import Assignment, Item, Project, Reservation, Slot, Worker
from crowd.models.conditions import ASSIGNED, LIVE, asks, claimable
from crowd.services.people import eligibility

Next = Literal["continue", "quiz", "work"]

MOST_COUNTED = 200
MOST_PROJECTS = 100
# Pages looked at to tell how long one takes, and how few tell nothing.
RECENT_PAGES, FEWEST_PAGES = 51, 3


@dataclass(frozen=True, slots=True)
class Offer:
    """One project as it lies before a worker."""

    project: Project
    price_micros: int  # what one answer of theirs is paid
    next: Next
    waiting: int  # answers they could give now; no more than one above MOST_COUNTED are counted
    page_seconds: float | None  # None: too few pages to tell


def offers(session: Session, worker: Worker, *, now: datetime) -> list[Offer]:
    """Return what a worker can go on with or begin: held pages first, then where work waits."""
    held = _held(session, worker)
    found = [
        _offer(session, project, worker, step)
        for project in _projects(session, worker, held)
        if (step := _next(session, project, worker, held, now)) is not None
    ]
    return sorted(found, key=lambda offer: (offer.next != "continue", offer.waiting == 0, offer.project.id))


def offer(session: Session, project: Project, worker: Worker, *, now: datetime) -> Offer | None:
    """Return one project as it lies before a worker; None where it is not open to them."""
    step = _next(session, project, worker, _held(session, worker), now)
    return None if step is None else _offer(session, project, worker, step)


def _offer(session: Session, project: Project, worker: Worker, step: Next) -> Offer:
    price, waiting = project.price_at(worker.channel), _waiting(session, project, worker)
    return Offer(project, price, step, waiting, _page_seconds(session, project))


def _held(session: Session, worker: Worker) -> frozenset[int]:
    query = select(Assignment.project_id).where(Assignment.worker_id == worker.id, ASSIGNED)
    return frozenset(session.scalars(query.distinct()))


def _projects(session: Session, worker: Worker, held: frozenset[int]) -> Sequence[Project]:
    # A page still held can be finished, whatever has become of the project.
    query = select(Project).where(
        Project.requester_id == worker.requester_id,
        asks(worker.channel),
        or_(Project.state == "active", Project.id.in_(held)),
    )
    return session.scalars(query.order_by(Project.id).limit(MOST_PROJECTS)).all()


def _next(
    session: Session, project: Project, worker: Worker, held: frozenset[int], now: datetime
) -> Next | None:
    if project.id in held:
        return "continue"
    against = {reason.code for reason in eligibility.reasons(session, project, worker, now=now)}
    if not against or against == {"exam"}:
        return "work"
    return "quiz" if against == {"quiz"} else None


def _waiting(session: Session, project: Project, worker: Worker) -> int:
    """Count the items they could answer, up to one above what is shown: enough to say "more"."""
    seen = exists().where(Slot.item_id == Item.id, Slot.worker_id == worker.id, LIVE)
    kept = exists().where(Reservation.item_id == Item.id, Reservation.worker_id == worker.id)
    for_them = claimable(handed_over=worker.channel == project.second_channel)
    open_items = select(Item.id).where(Item.project_id == project.id, for_them, ~seen)
    some = open_items.where(or_(~Item.reserved, kept)).limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _page_seconds(session: Session, project: Project) -> float | None:
    """Return the median active time of the newest pages handed in."""
    query = (
        select(Assignment.active_seconds)
        .where(
            Assignment.project_id == project.id,
            Assignment.work == "submitted",
            Assignment.kind == "work",
            Assignment.active_seconds.is_not(None),
        )
        .order_by(Assignment.id.desc())
        .limit(RECENT_PAGES)
    )
    seconds = [each for each in session.scalars(query) if each is not None]
    return median(seconds) if len(seconds) >= FEWEST_PAGES else None
