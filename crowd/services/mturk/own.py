"""Qualifications that a project makes for itself at its endpoint, where its settings say `auto`."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.channels.mturk.posting import AUTO, Posting
from crowd.models import OutboxEntry, Project
from crowd.services.mturk import outbox

CREATE = "CreateQualificationType"
PURPOSES = {"worked": "has handed in", "barred": "is kept out", "skilled": "share of gold right, in percent"}
# HITs wait for the ids no longer than this: then they go out without.
LONGEST_WAIT = timedelta(minutes=10)


def make(session: Session, project: Project, *, now: datetime) -> int:
    """Plan those that were not planned yet; return for how many of them HITs have to wait.

    Nobody waits for what the endpoint has refused.
    """
    known = _planned(session, project)
    for setting, subject in _wanted(project).items():
        if subject not in known:
            parameters = {
                "Name": f"{project.slug}: {PURPOSES[setting]} ({outbox.mark(project)})",
                "Description": "Given by the requester's own program.",
                "QualificationTypeStatus": "Active",
            }
            known[subject] = outbox.plan(session, project, CREATE, subject, parameters, now=now)
    return sum(
        entry.state not in outbox.ENDED and now - entry.created_at < LONGEST_WAIT for entry in known.values()
    )


def posting(session: Session, project: Project) -> Posting:
    """Return a project's settings with the ids of these qualifications; empty where there is none."""
    wanted, known = _wanted(project), _planned(session, project)
    made = {subject: entry.result for subject, entry in known.items() if entry.result}
    ids = {
        setting: str(made[subject]["QualificationTypeId"]) if subject in made else ""
        for setting, subject in wanted.items()
    }
    return Posting.read({**project.posting, **ids})


def _wanted(project: Project) -> dict[str, str]:
    """Return under what each is planned, by setting: at another endpoint it is another one."""
    return {
        setting: f"own:{setting}:{project.endpoint}"
        for setting in PURPOSES
        if project.posting.get(setting) == AUTO
    }


def _planned(session: Session, project: Project) -> dict[str, OutboxEntry]:
    subjects = list(_wanted(project).values())
    if not subjects:
        return {}
    query = select(OutboxEntry).where(OutboxEntry.project_id == project.id, OutboxEntry.operation == CREATE)
    return {entry.subject: entry for entry in session.scalars(query.where(OutboxEntry.subject.in_(subjects)))}
