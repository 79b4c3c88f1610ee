"""What requesters and workers write to each other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from crowd.models.base import Base, Numbered, Stamped, one_of, reference

SENDERS = ("requester", "worker")


class Message(Numbered, Stamped, Base):
    """A message between a requester and a worker; a reported problem names the page it is about."""

    __tablename__ = "message"
    __table_args__ = (one_of("sender", SENDERS),)

    requester_id: Mapped[int] = reference("requester")
    worker_id: Mapped[int] = reference("worker")
    project_id: Mapped[int | None] = reference("project")
    assignment_id: Mapped[int | None] = reference("assignment", index=False)
    sender: Mapped[str]
    text: Mapped[str]
    read_at: Mapped[datetime | None]
