"""What workers are told: every change is a new version, and every page names the one it was built with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.models import Instructions, Project
from crowd.services import audit, locks
from crowd.services.keys import Principal


@dataclass(frozen=True, slots=True)
class Wording:
    """All that a worker reads beside the question itself."""

    text: str = ""
    examples: Sequence[dict[str, Any]] = ()
    template: str | None = None


def current(session: Session, project: Project) -> Instructions:
    """Return the version in force."""
    query = select(Instructions).where(Instructions.project_id == project.id)
    return session.scalars(query.order_by(Instructions.version.desc()).limit(1)).one()


def versions(session: Session, project: Project) -> Sequence[Instructions]:
    """Return all versions, newest first."""
    query = select(Instructions).where(Instructions.project_id == project.id)
    return session.scalars(query.order_by(Instructions.version.desc())).all()


def begin(session: Session, project: Project, wording: Wording, *, now: datetime) -> Instructions:
    """Store the first version."""
    return _add(session, project, wording, version=1, now=now)


def revise(
    session: Session, principal: Principal, project: Project, wording: Wording, *, now: datetime
) -> Instructions:
    """Put another version in force; the same words again change nothing."""
    locks.change(session, project)
    held = current(session, project)
    wording = replace(wording, examples=tuple(wording.examples))
    if wording == _wording(held):
        return held
    project.revision += 1
    audit.record(
        session,
        requester_id=principal.requester_id,
        project_id=project.id,
        actor=principal.actor,
        action="project.instructions",
        subject=f"project:{project.id}",
        details={"version": held.version + 1},
        now=now,
    )
    return _add(session, project, wording, version=held.version + 1, now=now)


def reword(
    session: Session, principal: Principal, project: Project, text: str, *, now: datetime
) -> Instructions:
    """Put another text in force, with the examples and the template as they are."""
    wording = replace(_wording(current(session, project)), text=text)
    return revise(session, principal, project, wording, now=now)


def _wording(held: Instructions) -> Wording:
    return Wording(held.text, tuple(held.examples), held.template)


def _add(
    session: Session, project: Project, wording: Wording, *, version: int, now: datetime
) -> Instructions:
    row = Instructions(
        project_id=project.id,
        version=version,
        text=wording.text,
        examples=list(wording.examples),
        template=wording.template,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row
