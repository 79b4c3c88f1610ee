"""What people have to look at: a queue of cases, each about an item, an answer or a worker."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, one_of, reference

CASE_KINDS = ("disputed", "unsure", "gold_dispute", "gold_candidate", "audit", "appeal", "rule")
CASE_STATES = ("open", "closed")

_OPEN = text("state = 'open'")


class Case(Numbered, Stamped, Base):
    """Something for a reviewer; at most one open case of a kind for each subject."""

    __tablename__ = "review_case"
    __table_args__ = (
        one_of("kind", CASE_KINDS),
        one_of("state", CASE_STATES),
        Index("ix_review_case_state", "project_id", "state", "kind"),
        Index(
            "ix_review_case_open",
            "project_id",
            "kind",
            "subject",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    project_id: Mapped[int] = reference("project", index=False)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    subject: Mapped[str]  # "item:7": what it is about, of the columns below
    item_id: Mapped[int | None] = reference("item")
    gold_id: Mapped[int | None] = reference("gold")
    assignment_id: Mapped[int | None] = reference("assignment")
    restriction_id: Mapped[int | None] = reference("restriction")
    worker_id: Mapped[int | None] = reference("worker")  # who appeals
    text: Mapped[str] = mapped_column(default="")  # their words
    value: Mapped[float] = mapped_column(default=0.0)  # what looking at it is worth; the most first
    facts: Mapped[dict[str, Any]]  # why it is here
    outcome: Mapped[str | None]
    label: Mapped[str | None]  # what the reviewer said is right
    reviewer: Mapped[str | None]
    note: Mapped[str | None]  # the reviewer's reason
    closed_at: Mapped[datetime | None]
