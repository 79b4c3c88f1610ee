"""The labels a project offers, version by version: what they mean, where they stand, how they are typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import bad_inputs
from crowd.models import LabelSet, Project
from crowd.services import audit, locks
from crowd.services.access.keys import Principal
from crowd.services.setup import validation


def current(session: Session, project: Project) -> LabelSet:
    """Return the label set in force."""
    query = select(LabelSet).where(LabelSet.project_id == project.id)
    return session.scalars(query.order_by(LabelSet.version.desc()).limit(1)).one()


def begin(
    session: Session, project: Project, labels: Sequence[str], details: Mapping[str, Any], *, now: datetime
) -> LabelSet:
    """Store the first version."""
    return _add(session, project, labels, details, version=1, now=now)


def describe(
    session: Session, principal: Principal, project: Project, details: Mapping[str, Any], *, now: datetime
) -> LabelSet:
    """Put other details of the same labels in force, as a new version; the same again changes nothing."""
    locks.change(session, project)
    held = current(session, project)
    problems = list(validation.detail_faults(details, held.labels))
    if problems:
        raise bad_inputs(problems, what="label details")
    if held.details == dict(details):
        return held
    project.revision += 1
    made = _add(session, project, held.labels, details, version=held.version + 1, now=now)
    subject, about = f"project:{project.id}", {"version": made.version}
    audit.act(session, principal, "project.labels", subject, project=project, details=about, now=now)
    return made


def _add(
    session: Session,
    project: Project,
    labels: Sequence[str],
    details: Mapping[str, Any],
    *,
    version: int,
    now: datetime,
) -> LabelSet:
    row = LabelSet(
        project_id=project.id, version=version, labels=list(labels), details=dict(details), created_at=now
    )
    session.add(row)
    session.flush()
    return row
