"""What programs require of workers, and whom they keep out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, one_of, reference

_LIVE = text("deleted_at IS NULL")
REQUEST_STATES = ("begun", "overdue", "pending", "granted", "rejected")

_OPEN = text("state IN ('begun', 'pending')")


class QualificationType(Numbered, Stamped, Base):
    """A qualification a requester made; workers may ask for it, by a test where it has one."""

    __tablename__ = "qualification_type"
    __table_args__ = (
        Index(
            "ix_qualification_type_name",
            "account_id",
            "name",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        one_of("status", ("Active", "Inactive")),
    )

    account_id: Mapped[int] = reference("market_account", index=False)
    external_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    keywords: Mapped[str] = mapped_column(default="")
    description: Mapped[str]
    status: Mapped[str]
    test: Mapped[str | None]  # QuestionForm as XML
    test_seconds: Mapped[int | None]
    answer_key: Mapped[str | None]
    retry_seconds: Mapped[int | None]  # None: nobody may ask twice
    is_auto_granted: Mapped[bool] = mapped_column(default=False)
    auto_granted_value: Mapped[int] = mapped_column(default=1)
    deleted_at: Mapped[datetime | None]


class Qualification(Numbered, Stamped, Base):
    """A worker's score in a qualification."""

    __tablename__ = "qualification"
    __table_args__ = (UniqueConstraint("type_id", "worker_id"),)

    type_id: Mapped[int] = reference("qualification_type", index=False)
    worker_id: Mapped[int] = reference("worker")
    value: Mapped[int]
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class QualificationRequest(Numbered, Stamped, Base):
    """A worker's wish for a qualification, with their answers to its test.

    One with a test is "begun" when its questions are shown, and "overdue" when its time ran out unused.
    """

    __tablename__ = "qualification_request"
    __table_args__ = (
        one_of("state", REQUEST_STATES),
        Index(
            "ix_qualification_request_open",
            "type_id",
            "worker_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    type_id: Mapped[int] = reference("qualification_type")
    worker_id: Mapped[int] = reference("worker")
    external_id: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="pending")
    submitted_at: Mapped[datetime | None]
    answer: Mapped[str | None]  # QuestionFormAnswers as XML
    score: Mapped[int | None]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class WorkerBlock(Numbered, Stamped, Base):
    """A worker whom a requester keeps out of all HITs of programs."""

    __tablename__ = "worker_block"
    __table_args__ = (
        UniqueConstraint("account_id", "worker_id"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    account_id: Mapped[int] = reference("market_account", index=False)
    worker_id: Mapped[int] = reference("worker")
    reason: Mapped[str]
