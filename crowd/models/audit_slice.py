"""The audit slice: settled items drawn at random and checked again, to measure what confidence claims."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from crowd.models.base import Base, Numbered, Stamped, one_of, reference

CHECKED_BY = ("answers", "expert")


class AuditPick(Numbered, Stamped, Base):
    """One item of the slice: what was claimed when it was settled, and what a second look found."""

    __tablename__ = "audit_pick"
    __table_args__ = (
        CheckConstraint("confidence >= 0 AND confidence <= 1", name="confidence"),
        one_of("checked_by", CHECKED_BY),
    )

    project_id: Mapped[int] = reference("project")
    item_id: Mapped[int] = reference("item", unique=True)
    run_id: Mapped[int] = reference("consensus_run", index=False)
    label: Mapped[str]
    confidence: Mapped[float]
    votes: Mapped[int]
    answers: Mapped[list[int]]  # those the claim rests on
    extra: Mapped[int]  # answers bought beyond those the claim rests on
    found: Mapped[str | None]  # the label the second look came to
    right: Mapped[float | None]  # how likely the claim is right, by the second look alone
    checked_by: Mapped[str | None]
    checked_at: Mapped[datetime | None]
