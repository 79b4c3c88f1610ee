"""Who answers: the worker, the tokens they come with, what we know of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, BigId, Numbered, Stamped, append_only, one_of, reference

RESTRICTIONS = ("paused", "suspended", "banned")
SKILL_SOURCES = ("gold", "quiz", "requester", "rule")


class Worker(Numbered, Stamped, Base):
    """A person (or a machine) that answers on a channel, known here by a pseudonym."""

    __tablename__ = "worker"
    __table_args__ = (UniqueConstraint("requester_id", "channel", "name"),)

    requester_id: Mapped[int] = reference("requester", index=False)
    channel: Mapped[str]
    name: Mapped[str]  # the channel's own id
    pseudonym: Mapped[str] = mapped_column(unique=True)  # the only name that leaves in exports
    erased_at: Mapped[datetime | None]  # set: the name is gone, the answers stay under the pseudonym


class GroupMember(Stamped, Base):
    """A worker's membership in one of the requester's groups."""

    __tablename__ = "group_member"

    worker_id: Mapped[int] = mapped_column(BigId, ForeignKey("worker.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)


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
    until: Mapped[datetime | None]  # None: until it is lifted
    lifted_at: Mapped[datetime | None]
    # An exam ends it: the gold of slots after this one; None: no exam.
    exam_after: Mapped[int | None] = mapped_column(BigId)


class Standing(Base):
    """Where a worker stands in a project: kept beside their answers, so that a claim need not read those."""

    __tablename__ = "standing"

    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"), primary_key=True)
    worker_id: Mapped[int] = mapped_column(BigId, ForeignKey("worker.id"), primary_key=True, index=True)
    answers: Mapped[int] = mapped_column(default=0)
    graded: Mapped[int] = mapped_column(default=0)  # answers to gold among them
    gold_share: Mapped[float]  # of this worker's next page
    spam: Mapped[float] = mapped_column(default=0.0)  # log likelihood ratio that they do not look
    proven: Mapped[bool] = mapped_column(default=False)  # their answers say more than most, see `qc.routing`
    trained_at: Mapped[datetime | None]  # the training questions are behind them
    held_until: Mapped[datetime | None]  # what is due to them waits until then


@append_only
class Skill(Numbered, Stamped, Base):
    """What a worker can do, from 0 to 1; the newest row of a name holds, in a project or in all of them.

    The skill named "accuracy" is our estimate from gold, of how often the worker is right.
    """

    __tablename__ = "skill"
    __table_args__ = (one_of("source", SKILL_SOURCES),)

    worker_id: Mapped[int] = reference("worker")
    project_id: Mapped[int | None] = reference("project")  # None: in all of the requester's projects
    name: Mapped[str] = mapped_column(default="accuracy")
    source: Mapped[str] = mapped_column(default="gold")
    value: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    evidence: Mapped[float]
    expires_at: Mapped[datetime | None]
