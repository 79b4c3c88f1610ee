"""Who worked when, for how long, and what they are owed: by worker and day, and by worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from crowd.models import Answer, Assignment, LedgerEntry, Project, Slot, Worker
from crowd.services import audit
from crowd.services.access import scope
from crowd.services.access.keys import Principal
from workers.money import dollars

DAY_COLUMNS = (
    "project", "worker", "day", "pages", "answers", "active_hours", "due", "paid", "in_review", "rejected",
)  # fmt: skip
PAYOUT_COLUMNS = ("worker", "from", "to", "pages", "answers", "active_hours", "due", "paid", "in_review")


@dataclass(frozen=True, slots=True)
class Period:
    """Days (UTC), both included; None is as far back, or ahead, as there is anything."""

    first: date | None = None
    last: date | None = None

    def condition(self) -> list[ColumnElement[bool]]:
        """Return what a page's time of submission has to meet."""
        found = []
        if self.first is not None:
            found.append(Assignment.submitted_at >= _midnight(self.first))
        if self.last is not None:
            found.append(Assignment.submitted_at < _midnight(self.last + timedelta(days=1)))
        return found


@dataclass(frozen=True, slots=True)
class Total:
    """Pages handed in, and the money for them in micro-dollars."""

    pages: int = 0
    answers: int = 0
    active_seconds: float = 0.0
    due: int = 0
    paid: int = 0
    in_review: int = 0
    rejected: int = 0  # what was not paid

    def __add__(self, other: Total) -> Total:
        """Return both together."""
        return Total(*(getattr(self, name) + getattr(other, name) for name in Total.__slots__))


def timesheet(session: Session, project: Project, period: Period) -> Iterator[dict[str, Any]]:
    """Yield one row for each worker and day (UTC), by worker, then day."""
    totals: dict[tuple[str, date], Total] = {}
    for worker, _, at, total in _pages(session, [project.id], period):
        key = worker, at.astimezone(UTC).date()
        totals[key] = totals.get(key, Total()) + total
    for (worker, day), total in sorted(totals.items()):
        yield {"project": project.slug, "worker": worker, "day": day.isoformat(), **_shown(total)}


def payouts(
    session: Session, projects: Iterable[Project], period: Period, *, names: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield one row for each worker, over these projects; say with `note_names` that names were asked for."""
    totals: dict[tuple[str, str], Total] = {}
    for worker, name, _, total in _pages(session, [project.id for project in projects], period):
        totals[worker, name] = totals.get((worker, name), Total()) + total
    span = {
        "from": period.first and period.first.isoformat(),
        "to": period.last and period.last.isoformat(),
    }
    for (worker, name), total in sorted(totals.items()):
        yield {"worker": worker, **({"name": name} if names else {}), **span, **_shown(total)}


def payout_columns(*, names: bool) -> tuple[str, ...]:
    """Return the columns of payouts."""
    return (PAYOUT_COLUMNS[0], *(("name",) if names else ()), *PAYOUT_COLUMNS[1:])


def note_names(session: Session, principal: Principal, *, now: datetime) -> None:
    """Put on record that somebody took the names of those to be paid out."""
    principal.require_all_projects()
    audit.act(session, principal, "payouts.export", "workers", details={"names": True}, now=now)


def projects_of(session: Session, principal: Principal, slug: str | None) -> list[Project]:
    """Return the one project named, or all that the principal may see."""
    if slug is not None:
        return [scope.project(session, principal, slug)]
    return list(session.scalars(scope.projects(principal)))


def ledger(session: Session, project: Project, *, after: int = 0, limit: int) -> list[LedgerEntry]:
    """Return the moves of money in the order they were made."""
    query = select(LedgerEntry).where(LedgerEntry.project_id == project.id, LedgerEntry.id > after)
    return list(session.scalars(query.order_by(LedgerEntry.id).limit(limit)))


def _pages(
    session: Session, project_ids: list[int], period: Period
) -> Iterator[tuple[str, str, datetime, Total]]:
    answers = (
        select(func.count())
        .select_from(Answer)
        .join(Slot, Slot.id == Answer.slot_id)
        .where(Slot.assignment_id == Assignment.id)
        .correlate(Assignment)
        .scalar_subquery()
    )
    query = (
        select(Worker.pseudonym, Worker.name, Assignment, answers)
        .join(Worker, Worker.id == Assignment.worker_id)
        .where(Assignment.project_id.in_(project_ids), Assignment.work == "submitted")
        .where(Assignment.kind == "work", *period.condition())
        .order_by(Assignment.id)
        .execution_options(yield_per=1000)
    )
    for worker, name, page, count in session.execute(query):
        yield worker, name, page.submitted_at, _total(page, count)


def _total(page: Assignment, answers: int) -> Total:
    total = Total(pages=1, answers=answers, active_seconds=page.active_seconds or 0.0)
    if page.payment == "none":
        where = {"pending": "in_review", "rejected": "rejected"}.get(page.review)
    else:
        where = page.payment
    return total if where is None else replace(total, **{where: page.amount_micros})


def _shown(total: Total) -> dict[str, Any]:
    return {
        "pages": total.pages,
        "answers": total.answers,
        "active_hours": round(total.active_seconds / 3600, 4),
        **{name: dollars(getattr(total, name)) for name in ("due", "paid", "in_review", "rejected")},
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
