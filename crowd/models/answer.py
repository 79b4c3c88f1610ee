"""What workers said: answers and everything later said about them, all append-only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from crowd.models.base import Base, Numbered, Stamped, append_only, copied, one_of, reference

FLAGS = ("excluded", "reinstated")
SKIP_REASONS = ("cannot_tell", "broken", "other")


@append_only
class Answer(Numbered, Stamped, Base):
    """One worker's value for one item. `created_at` is when it was accepted."""

    __tablename__ = "answer"
    __table_args__ = (Index("ix_answer_project_item", "project_id", "item_id"),)

    project_id: Mapped[int] = copied()  # these three as in its slot
    item_id: Mapped[int] = copied()
    worker_id: Mapped[int] = copied(index=True)
    slot_id: Mapped[int] = reference("slot", unique=True)
    label_set_id: Mapped[int] = copied()  # the project has it
    channel: Mapped[str]
    value: Mapped[str]  # the label itself; canonical JSON for other answer types
    seconds: Mapped[float | None]
    note: Mapped[str | None]  # the worker's own words, where the label asks for them


@append_only
class Skip(Numbered, Stamped, Base):
    """A question a worker handed back unanswered, with the reason."""

    __tablename__ = "skip"
    __table_args__ = (one_of("reason", SKIP_REASONS),)

    project_id: Mapped[int] = reference("project")
    item_id: Mapped[int] = reference("item")
    worker_id: Mapped[int] = reference("worker")
    slot_id: Mapped[int] = reference("slot", unique=True)
    reason: Mapped[str]
    note: Mapped[str]


@append_only
class AnswerFlag(Numbered, Stamped, Base):
    """A later word on an answer; the newest flag holds."""

    __tablename__ = "answer_flag"
    __table_args__ = (one_of("kind", FLAGS),)

    project_id: Mapped[int] = reference("project")
    answer_id: Mapped[int] = reference("answer")
    kind: Mapped[str]
    reason: Mapped[str]


@append_only
class StraySubmission(Numbered, Stamped, Base):
    """Work that came too late, twice or for someone else: kept apart, never counted, never lost."""

    __tablename__ = "stray_submission"

    project_id: Mapped[int] = reference("project")
    assignment_id: Mapped[int | None] = reference("assignment")
    worker_id: Mapped[int] = reference("worker")
    reason: Mapped[str]
    payload: Mapped[dict[str, Any]]


@append_only
class Grade(Numbered, Stamped, Base):
    """An answer held against gold."""

    __tablename__ = "grade"
    __table_args__ = (UniqueConstraint("answer_id", "gold_id"),)

    project_id: Mapped[int] = reference("project")
    answer_id: Mapped[int] = reference("answer", index=False)
    gold_id: Mapped[int] = reference("gold")
    worker_id: Mapped[int] = reference("worker")
    correct: Mapped[bool]
    score: Mapped[float]
