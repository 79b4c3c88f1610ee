"""What an endpoint is asked to tell us: to which queue, topic or address, for every HIT type of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Reply
from crowd.channels.mturk.posting import CHANNELS_OF_NOTICES, Posting, faults
from crowd.errors import Problem, bad_inputs
from crowd.models import OutboxEntry, Project
from crowd.services import locks
from crowd.services.mturk import outbox
from crowd.services.mturk.notices import TELLING
from crowd.services.mturk.outbox import Effect

UPDATE = "UpdateNotificationSettings"
VERSION = "2014-08-15"
CREATE_TYPE = "CreateHITType"


def change(session: Session, project: Project, wanted: Mapping[str, str], *, now: datetime) -> int:
    """Have a project's HIT types tell a queue, a topic or an address, or nobody; return how many change.

    Types that are made later follow by themselves.

    Raises:
        Unprocessable: it is no address of that kind.
    """
    locks.change(session, project)
    kept = {name: value for name, value in project.posting.items() if name not in CHANNELS_OF_NOTICES}
    posting = kept | dict(wanted)
    problems = [Problem(where, text) for where, text in faults(posting, project.endpoint)]
    if problems:
        raise bad_inputs(problems, what="project")
    project.posting = posting
    session.flush()
    return sum(follow(session, project, entry, now=now) for entry in types(session, project))


def types(session: Session, project: Project) -> Sequence[OutboxEntry]:
    """Return the rows that made a project's HIT types, which come with the first HIT of each."""
    made = select(OutboxEntry).where(
        OutboxEntry.project_id == project.id,
        OutboxEntry.operation == CREATE_TYPE,
        OutboxEntry.state == "done",
    )
    return session.scalars(made.order_by(OutboxEntry.id)).all()


def follow(session: Session, project: Project, made: OutboxEntry, *, now: datetime) -> bool:
    """Plan that a HIT type tells whom the project wants told; False if that is planned already."""
    assert made.result is not None
    wanted = _wanted(project, made.result["HITTypeId"])
    known = session.scalars(select(OutboxEntry).where(*_about(made)).order_by(OutboxEntry.id)).all()
    last = known[-1] if known else None
    if last is None and not wanted["Active"]:
        return False
    if last is not None and last.parameters == wanted and last.state != "failed":
        return False
    subject = f"{made.subject}:{len(known)}"
    outbox.plan(session, project, UPDATE, subject, wanted, endpoint=made.endpoint, now=now)
    return True


def _wanted(project: Project, hit_type: str) -> dict[str, Any]:
    told = Posting.read(project.posting).told
    if told is None:
        return {"HITTypeId": hit_type, "Active": False}
    transport, destination = told
    wanted = {
        "Destination": destination,
        "Transport": transport,
        "Version": VERSION,
        "EventTypes": sorted(TELLING),
    }
    return {"HITTypeId": hit_type, "Notification": wanted, "Active": True}


def _about(made: OutboxEntry) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxEntry.project_id == made.project_id,
        OutboxEntry.operation == UPDATE,
        OutboxEntry.subject.startswith(f"{made.subject}:", autoescape=True),
    )


def _in_order(session: Session, entry: OutboxEntry) -> dict[str, Any] | None:
    """Wait for what was planned earlier of the same HIT type: the last word is to be the newest."""
    made, _, _ = entry.subject.rpartition(":")
    earlier = select(OutboxEntry.id).where(
        OutboxEntry.project_id == entry.project_id,
        OutboxEntry.operation == UPDATE,
        OutboxEntry.subject.startswith(f"{made}:", autoescape=True),
        OutboxEntry.state.in_(("planned", "sent", "ambiguous")),
        OutboxEntry.id < entry.id,
    )
    return None if session.scalar(earlier.limit(1)) is not None else entry.parameters


def _told(_session: Session, _entry: OutboxEntry, _reply: Reply, _now: datetime) -> None:
    """Need nothing more: the row says what the endpoint was told."""


EFFECTS = {UPDATE: Effect(done=_told, prepare=_in_order)}
