"""Invariants of review: a ruling is whole, and what it means was done."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, case, or_, select
from sqlalchemy.orm import Session

from crowd.models import Assignment, Case, Restriction
from crowd.services.check.invariant import invariant, lines, within


@invariant(51, "a case that is closed says how and by whom, and its ruling was carried out")
def rulings_carried_out(session: Session, project_id: int | None) -> Iterator[str]:
    """Find cases that are half closed, labels that were not said, and appeals upheld in words only."""
    mine = within(Case.project_id, project_id)
    whole = and_(Case.outcome.is_not(None), Case.reviewer.is_not(None), Case.closed_at.is_not(None))
    bare = and_(Case.outcome.is_(None), Case.reviewer.is_(None), Case.closed_at.is_(None))
    half = select(Case.id, Case.state).where(mine, ~case((Case.state == "closed", whole), else_=bare))
    yield from lines(session, half.order_by(Case.id), "case {id}: {state}, which its outcome contradicts")
    silent = select(Case.id).where(mine, Case.outcome == "labeled", Case.label.is_(None))
    yield from lines(session, silent.order_by(Case.id), "case {id}: labeled, but not with what")
    upheld = (
        select(Case.id, Case.subject)
        .outerjoin(Assignment, Assignment.id == Case.assignment_id)
        .outerjoin(Restriction, Restriction.id == Case.restriction_id)
        .where(mine, Case.kind == "appeal", Case.outcome == "upheld")
        .where(
            or_(
                Assignment.review != "overturned",
                and_(Restriction.id.is_not(None), Restriction.lifted_at.is_(None)),
            )
        )
        .order_by(Case.id)
    )
    yield from lines(session, upheld, "case {id}: upheld, but {subject} stands")
