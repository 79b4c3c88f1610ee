"""What a program offers: HIT types, layouts and the HITs themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, one_of, reference

QUESTION_KINDS = ("html", "external", "form")

_OFFERED = text("open > 0 AND disposed_at IS NULL")
_WATCHED = text("policy_saw IS NOT NULL AND disposed_at IS NULL")


class HitType(Numbered, Stamped, Base):
    """What HITs have in common; equal values are one type, so `digest` is of all of them."""

    __tablename__ = "hit_type"
    __table_args__ = (
        UniqueConstraint("account_id", "digest"),
        CheckConstraint("reward_micros >= 0", name="reward"),
    )

    account_id: Mapped[int] = reference("market_account", index=False)
    external_id: Mapped[str] = mapped_column(unique=True)
    group_id: Mapped[str] = mapped_column(unique=True)  # HITGroupId
    digest: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    keywords: Mapped[str]
    reward_micros: Mapped[int] = mapped_column(BigInteger)
    assignment_seconds: Mapped[int]
    auto_approval_seconds: Mapped[int]
    requirements: Mapped[list[dict[str, Any]]]  # QualificationRequirements as on the wire
    notification: Mapped[dict[str, Any] | None]  # NotificationSpecification as on the wire
    notification_key: Mapped[str | None]  # id of the access key with which a program asked for it
    notifies: Mapped[bool] = mapped_column(default=False)


class Layout(Numbered, Stamped, Base):
    """A page with `${names}` that a HIT fills in with its HITLayoutParameters."""

    __tablename__ = "layout"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    account_id: Mapped[int] = reference("market_account", index=False)
    external_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    html: Mapped[str]
    frame_height: Mapped[int] = mapped_column(default=0)


class MarketHit(Numbered, Stamped, Base):
    """A program's HIT. Its status on the wire follows from these columns, its assignments and the time."""

    __tablename__ = "market_hit"
    __table_args__ = (
        one_of("question_kind", QUESTION_KINDS),
        CheckConstraint("max_assignments >= 1", name="assignments"),
        CheckConstraint("open >= 0 AND open <= max_assignments", name="open"),
        CheckConstraint("held_micros >= 0", name="money"),
        Index(
            "ix_market_hit_offered",
            "account_id",
            "hit_type_id",
            sqlite_where=_OFFERED,
            postgresql_where=_OFFERED,
        ),
        Index("ix_market_hit_watched", "id", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
    )

    account_id: Mapped[int] = reference("market_account")
    hit_type_id: Mapped[int] = reference("hit_type")
    layout_id: Mapped[int | None] = reference("layout", index=False)
    external_id: Mapped[str] = mapped_column(unique=True)
    question: Mapped[str]  # the XML as it was given, or made from the layout
    question_kind: Mapped[str]
    annotation: Mapped[str | None]  # RequesterAnnotation
    max_assignments: Mapped[int]
    open: Mapped[int]  # places that nobody has taken, or that were given back
    is_large: Mapped[bool]  # made for ten or more: pays the higher fee and may be extended beyond nine
    fee_micros: Mapped[int] = mapped_column(BigInteger)  # of one assignment
    is_prepaid: Mapped[bool] = mapped_column(
        default=True
    )  # holds what it may cost; else approvals are charged
    held_micros: Mapped[int] = mapped_column(BigInteger, default=0)  # its part of what the account holds
    moves: Mapped[int] = mapped_column(default=0)  # of money held or released; numbers their entries
    expires_at: Mapped[datetime] = mapped_column(index=True)
    is_reviewing: Mapped[bool] = mapped_column(default=False)
    review_status: Mapped[str] = mapped_column(default="NotReviewed")  # HITReviewStatus
    assignment_policy: Mapped[dict[str, Any] | None]  # AssignmentReviewPolicy as on the wire
    hit_policy: Mapped[dict[str, Any] | None]  # HITReviewPolicy as on the wire
    policy_saw: Mapped[int | None]  # submissions when hit_policy was last applied; None: it has none
    told: Mapped[list[str]] = mapped_column(default=list)  # events already sent that happen by themselves
    disposed_at: Mapped[datetime | None]
