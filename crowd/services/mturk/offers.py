"""What a project has on offer at endpoints, and how that is ended early."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from crowd.errors import NotFound
from crowd.models import Hit, OutboxEntry, Project
from crowd.services.mturk import hits

TO_SEND = ("planned", "sent", "ambiguous")


def uncollected(session: Session, project: Project) -> int:
    """Count the HITs at endpoints that may still bring in work."""
    return session.scalar(select(func.count()).where(*_open(project))) or 0


def planned(session: Session, endpoint: str) -> int:
    """Count the calls that are to go to an endpoint."""
    wanted = select(func.count()).where(OutboxEntry.endpoint == endpoint, OutboxEntry.state.in_(TO_SEND))
    return session.scalar(wanted) or 0


def expire(session: Session, project: Project, ids: Collection[str], *, now: datetime) -> int:
    """Plan that nobody accepts these HITs any more, or any of the project's; return how many.

    What is under way is still collected. The empty places want answers again: pause the project first
    where they should not.

    Raises:
        NotFound: one of them is not on offer.
    """
    query = select(Hit).where(*_open(project), Hit.expires_at > now).order_by(Hit.id)
    if ids:
        query = query.where(Hit.external_id.in_(list(ids)))
    found = session.scalars(query).all()
    if missing := set(ids) - {hit.external_id for hit in found}:
        raise NotFound(f"no HIT {min(missing)!r} of this project is on offer")
    for hit in found:
        hits.expire(session, project, hit, now=now)
    return len(found)


def _open(project: Project) -> tuple[ColumnElement[bool], ...]:
    return (
        Hit.project_id == project.id,
        Hit.endpoint.is_not(None),
        Hit.external_id.is_not(None),
        Hit.collected_at.is_(None),
    )
