"""What requesters and workers write to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from crowd.errors import NotFound, bad_input
from crowd.models import Assignment, Message, Project, Worker
from crowd.services.access.keys import Principal

LONGEST = 4000

Sender = Literal["requester", "worker"]
OTHER: dict[Sender, Sender] = {"requester": "worker", "worker": "requester"}


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with the worker it is from or to, and the project it is about."""

    id: int
    worker: str
    sender: str
    text: str
    project: str | None
    created_at: datetime
    read_at: datetime | None


def send(
    session: Session,
    *,
    requester_id: int,
    worker: Worker,
    sender: Sender,
    text: str,
    project: Project | None = None,
    assignment: Assignment | None = None,
    now: datetime,
) -> Message:
    """Store a message; a page names the project it is about by itself."""
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise bad_input("text", f"must hold 1 to {LONGEST} characters")
    if worker.erased_at is not None:
        raise NotFound(f"worker {worker.pseudonym!r} was erased and cannot be written to")
    about = project.id if project else assignment.project_id if assignment else None
    message = Message(
        requester_id=requester_id,
        worker_id=worker.id,
        project_id=about,
        assignment_id=assignment.id if assignment else None,
        sender=sender,
        text=words,
        created_at=now,
    )
    session.add(message)
    session.flush()
    return message


def for_worker(session: Session, worker: Worker, *, limit: int) -> Sequence[Message]:
    """Return what was written to and by a worker, newest first."""
    query = select(Message).where(Message.worker_id == worker.id)
    return session.scalars(query.order_by(Message.id.desc()).limit(limit)).all()


def for_requester(
    session: Session,
    principal: Principal,
    *,
    worker: Worker | None = None,
    unread: bool = False,
    before: int | None = None,
    limit: int,
) -> list[Letter]:
    """Return messages, newest first; a key for one project sees those about that project."""
    query = _visible(principal)
    if worker is not None:
        query = query.where(Message.worker_id == worker.id)
    if unread:
        query = query.where(Message.sender == "worker", Message.read_at.is_(None))
    if before is not None:
        query = query.where(Message.id < before)
    rows = session.execute(query.order_by(Message.id.desc()).limit(limit))
    return [
        Letter(row.id, who, row.sender, row.text, slug, row.created_at, row.read_at)
        for row, who, slug in rows
    ]


def unread(session: Session, worker: Worker) -> int:
    """Count what a worker was sent and has not read."""
    query = select(func.count()).where(
        Message.worker_id == worker.id, Message.sender == "requester", Message.read_at.is_(None)
    )
    return session.scalar(query) or 0


def mark_read(
    session: Session, worker: Worker, *, reader: Sender = "worker", project: int | None = None, now: datetime
) -> int:
    """Note that the reader has seen what the other side wrote; return how many messages were new."""
    written = update(Message).where(
        Message.worker_id == worker.id, Message.sender == OTHER[reader], Message.read_at.is_(None)
    )
    if project is not None:
        written = written.where(Message.project_id == project)
    seen = session.execute(
        written.values(read_at=now).returning(Message.id), execution_options={"synchronize_session": False}
    )
    return len(seen.all())


def _visible(principal: Principal) -> Select[Message, str, str | None]:
    query = (
        select(Message, Worker.pseudonym, Project.slug)
        .join(Worker, Worker.id == Message.worker_id)
        .outerjoin(Project, Project.id == Message.project_id)
        .where(Message.requester_id == principal.requester_id)
    )
    return query if principal.project_id is None else query.where(Message.project_id == principal.project_id)
