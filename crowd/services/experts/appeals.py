"""A worker contests what was decided about them: a page that was rejected, or being kept out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from crowd.errors import Conflict, NotFound, bad_input
from crowd.models import Assignment, Case, Project, Restriction, Worker
from crowd.services import cases
from crowd.services.access import attempts, scope
from crowd.services.access.attempts import Limit

LONGEST = 2000
KEPT_OUT = ("suspended", "banned")  # a pause is no verdict on anybody's work
OFTEN = Limit("appeal", 5, timedelta(days=1))
MOST_SHOWN = 50

What = Literal["page", "restriction"]


@dataclass(frozen=True, slots=True)
class Grievance:
    """Something a worker may contest, and what became of it where they did."""

    what: What
    name: str  # by which an appeal names it: a page's token, a restriction's number
    kind: str  # rejected, suspended or banned
    project: str | None  # title; None: in all projects
    at: datetime
    until: datetime | None
    is_automatic: bool
    appeal: Case | None


def grievances(session: Session, worker: Worker, *, now: datetime) -> list[Grievance]:
    """Return what a worker may contest or has contested, newest first."""
    filed = _filed(session, worker)
    pages = session.execute(_pages(worker).order_by(Assignment.id.desc()).limit(MOST_SHOWN)).all()
    kept_out = session.execute(_restrictions(worker).order_by(Restriction.id.desc()).limit(MOST_SHOWN)).all()
    found = [
        *(_of_page(page, title, filed.get(f"page:{page.id}")) for page, title in pages),
        *(_of_restriction(row, title, filed.get(f"restriction:{row.id}")) for row, title in kept_out),
    ]
    standing = [each for each in found if each.appeal or _stands(each, now)]
    return sorted(standing, key=lambda each: each.at, reverse=True)[:MOST_SHOWN]


def has_new(session: Session, worker: Worker, *, now: datetime) -> bool:
    """Tell whether there is anything a worker could appeal against and has not."""
    return any(each.appeal is None for each in grievances(session, worker, now=now))


def file(session: Session, worker: Worker, what: What, name: str, text: str, *, now: datetime) -> Case:
    """Put a worker's appeal before a reviewer, once for each verdict.

    Raises:
        NotFound: there is no such verdict on this worker.
        Conflict: they have appealed already, or it does not stand any more.
        Unprocessable: the text is empty or too long.
        TooMany: they have filed enough for today.
    """
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise bad_input("text", f"must hold 1 to {LONGEST} characters")
    row = _page(session, worker, name) if what == "page" else _restriction(session, worker, name)
    project = _project(session, worker, row.project_id)
    verdict = _of_page(row, "", None) if isinstance(row, Assignment) else _of_restriction(row, "", None)
    if not _stands(verdict, now):
        raise Conflict("this does not stand any more; there is nothing to appeal against")
    about = cases.About(worker_id=worker.id)
    about["assignment_id" if isinstance(row, Assignment) else "restriction_id"] = row.id
    if cases.subject(**about) in _filed(session, worker):
        raise Conflict("you have appealed against this already")
    attempts.count(session, OFTEN, str(worker.id), now=now)
    facts = {"kind": verdict.kind, "at": verdict.at.isoformat()} | _reason(row)
    case = cases.open_case(
        session,
        project,
        "appeal",
        text=words,
        facts=facts,
        now=now,
        **about,
    )
    if case is None:
        raise Conflict("you have appealed against this already")
    return case


def _stands(verdict: Grievance, now: datetime) -> bool:
    return verdict.kind in ("rejected", *KEPT_OUT) and (verdict.until is None or verdict.until > now)


def _reason(row: Assignment | Restriction) -> dict[str, object]:
    return {"reason": row.reason, "evidence": row.facts} if isinstance(row, Restriction) else {}


def _of_page(page: Assignment, title: str, appeal: Case | None) -> Grievance:
    at = page.submitted_at or page.created_at
    return Grievance("page", page.token, page.review, title, at, None, is_automatic=False, appeal=appeal)


def _of_restriction(row: Restriction, title: str | None, appeal: Case | None) -> Grievance:
    return Grievance(
        "restriction",
        str(row.id),
        row.kind if row.lifted_at is None else "lifted",
        title,
        row.created_at,
        row.until,
        is_automatic=bool(row.facts),
        appeal=appeal,
    )


def _pages(worker: Worker) -> Select[Assignment, str]:
    query = select(Assignment, Project.title).join(Project, Project.id == Assignment.project_id)
    query = query.where(Assignment.worker_id == worker.id, Assignment.kind == "work")
    query = query.where(Assignment.review.in_(("rejected", "overturned")))
    return query.execution_options(populate_existing=True)


def _restrictions(worker: Worker, *where: ColumnElement[bool]) -> Select[Restriction, str | None]:
    query = select(Restriction, Project.title).outerjoin(Project, Project.id == Restriction.project_id)
    return query.where(Restriction.worker_id == worker.id, Restriction.kind.in_(KEPT_OUT), *where)


def _page(session: Session, worker: Worker, token: str) -> Assignment:
    row = scope.first(session, _pages(worker).where(Assignment.token == token))
    if row is None:
        raise NotFound("no page of yours by this name was rejected")
    return row[0]


def _restriction(session: Session, worker: Worker, name: str) -> Restriction:
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 19 else 0
    row = scope.first(session, _restrictions(worker, Restriction.id == number))
    if row is None:
        raise NotFound("nothing of this number keeps you out")
    return row[0]


def _filed(session: Session, worker: Worker) -> Mapping[str, Case]:
    query = select(Case).where(Case.worker_id == worker.id, Case.kind == "appeal").order_by(Case.id)
    return {case.subject: case for case in session.scalars(query)}


def _project(session: Session, worker: Worker, project_id: int | None) -> Project:
    """Return the project whose reviewers hear an appeal: for a ban from all, that of the newest page."""
    if project_id is not None:
        return session.get_one(Project, project_id)
    worked = select(Assignment.project_id).where(Assignment.worker_id == worker.id)
    last = worked.order_by(Assignment.id.desc()).limit(1).scalar_subquery()
    query = select(Project).where(or_(Project.id == last, Project.requester_id == worker.requester_id))
    found = session.scalars(query.order_by((Project.id == last).desc(), Project.id.desc())).first()
    if found is None:
        raise NotFound("there is no project whose reviewers could hear this")
    return found
