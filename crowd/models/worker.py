"""Who answers: the worker, the tokens they come with, what we know of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, append_only, one_of, reference

RESTRICTIONS = ("suspended", "banned")


class Worker(Numbered, Stamped, Base):
    """A person (or a machine) that answers on a channel, known here by a pseudonym."""

    __tablename__ = "worker"
    __table_args__ = (UniqueConstraint("requester_id", "channel", "name"),)

    requester_id: Mapped[int] = reference("requester", index=False)
    channel: Mapped[str]
    name: Mapped[str]  # the channel's own id
    pseudonym: Mapped[str] = mapped_column(unique=True)  # the only name that leaves in exports


class WorkerToken(Numbered, Stamped, Base):
    """A token a worker claims and submits with; only its digest is kept."""

    __tablename__ = "worker_token"

    worker_id: Mapped[int] = reference("worker")
    public_id: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    revoked_at: Mapped[datetime | None]


class Restriction(Numbered, Stamped, Base):
    """A worker kept out of one project, or of all (`project_id` empty), with the facts that led to it."""

    __tablename__ = "restriction"
    __table_args__ = (one_of("kind", RESTRICTIONS),)

    worker_id: Mapped[int] = reference("worker")
    project_id: Mapped[int | None] = reference("project")
    kind: Mapped[str]
    reason: Mapped[str]
    facts: Mapped[dict[str, Any]]
    lifted_at: Mapped[datetime | None]


@append_only
class Skill(Numbered, Stamped, Base):
    """An estimate of how often a worker is right in a project; the newest row holds."""

    __tablename__ = "skill"

    worker_id: Mapped[int] = reference("worker")
    project_id: Mapped[int] = reference("project")
    value: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    evidence: Mapped[float]
