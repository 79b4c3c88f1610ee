"""What workers do on programs' HITs, and what they are paid for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, append_only, one_of, reference

MARKET_STATES = ("accepted", "returned", "abandoned", "submitted", "approved", "rejected")

_TAKEN = text("state IN ('accepted', 'submitted', 'approved', 'rejected')")
_ACCEPTED = text("state = 'accepted'")
_SUBMITTED = text("state = 'submitted'")


class MarketAssignment(Numbered, Stamped, Base):
    """One worker on one HIT. What is over (returned, abandoned) may leave its `external_id` to another."""

    __tablename__ = "market_assignment"
    __table_args__ = (
        one_of("state", MARKET_STATES),
        Index(
            "ix_market_assignment_worker",
            "hit_id",
            "worker_id",
            unique=True,
            sqlite_where=_TAKEN,
            postgresql_where=_TAKEN,
        ),
        Index(
            "ix_market_assignment_external",
            "external_id",
            unique=True,
            sqlite_where=_TAKEN,
            postgresql_where=_TAKEN,
        ),
        Index(
            "ix_market_assignment_deadline", "deadline", sqlite_where=_ACCEPTED, postgresql_where=_ACCEPTED
        ),
        Index(
            "ix_market_assignment_auto",
            "auto_approve_at",
            sqlite_where=_SUBMITTED,
            postgresql_where=_SUBMITTED,
        ),
    )

    hit_id: Mapped[int] = reference("market_hit")
    worker_id: Mapped[int] = reference("worker")
    external_id: Mapped[str] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(default="accepted")
    deadline: Mapped[datetime]  # created_at is when it was accepted
    submitted_at: Mapped[datetime | None]
    auto_approve_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]  # approved or rejected
    rejected_at: Mapped[datetime | None]  # stays when the rejection is overridden
    feedback: Mapped[str | None]
    answer: Mapped[str | None]  # QuestionFormAnswers as XML
    is_automatic: Mapped[bool] = mapped_column(default=False)  # approved by the delay or by a policy


@append_only
class MarketBonus(Numbered, Stamped, Base):
    """A bonus paid to a worker."""

    __tablename__ = "market_bonus"
    __table_args__ = (CheckConstraint("amount_micros > 0", name="amount"),)

    assignment_id: Mapped[int] = reference("market_assignment")
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]


@append_only
class PolicyResult(Numbered, Stamped, Base):
    """What a review policy found, or did; `assignment_id` is empty for one about the whole HIT."""

    __tablename__ = "policy_result"
    __table_args__ = (one_of("kind", ("result", "action")),)

    hit_id: Mapped[int] = reference("market_hit")
    assignment_id: Mapped[int | None] = reference("market_assignment")
    policy: Mapped[str]  # "ScoreMyKnownAnswers/2011-09-01"
    kind: Mapped[str]
    detail: Mapped[dict[str, Any]]  # ReviewResultDetail or ReviewActionDetail as on the wire
