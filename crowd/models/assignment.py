"""One worker's claim on one HIT, and the slot it holds on each item."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Computed, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import BUSY, Base, Numbered, Stamped, copied, one_of, reference

WORK_STATES = ("assigned", "submitted", "returned", "expired")
REVIEW_STATES = ("pending", "accepted", "soft_rejected", "rejected", "overturned")
PAYMENT_STATES = ("none", "due", "paid")
ASSIGNMENT_KINDS = ("work", "quiz", "training")  # only work is paid
SLOT_STATES = ("leased", "done", "skipped", "returned", "expired", "void")

# Void and skipped slots stay in the way: whoever gave that answer, or none, must not be asked again.
_HELD = "state IN ('leased', 'done', 'skipped', 'void')"
_LIVE = text("live")
_ASSIGNED = text("work = 'assigned'")
_LEASING = text("work = 'assigned' AND lease_until IS NOT NULL")
_GOLD = text("gold_id IS NOT NULL")
_DUE = text("payment = 'due'")


class Assignment(Numbered, Stamped, Base):
    """A worker's claim on a HIT: the work, its review and its payment are three separate states."""

    __tablename__ = "assignment"
    __table_args__ = (
        # Endpoints give an assignment's id to another worker once it was returned.
        UniqueConstraint("hit_id", "external_id", "worker_id"),
        one_of("kind", ASSIGNMENT_KINDS),
        one_of("work", WORK_STATES),
        one_of("review", REVIEW_STATES),
        one_of("payment", PAYMENT_STATES),
        CheckConstraint("amount_micros >= 0 AND gold_micros >= 0", name="money"),
        Index(
            "ix_assignment_held",
            "worker_id",
            "project_id",
            "ahead",
            unique=True,
            sqlite_where=_ASSIGNED,
            postgresql_where=_ASSIGNED,
        ),
        Index("ix_assignment_project_work", "project_id", "work"),
        # Only for who asks about the lease: PostgreSQL would else read all of it to find one worker's page.
        Index("ix_assignment_lease", "lease_until", sqlite_where=_LEASING, postgresql_where=_LEASING),
        Index("ix_assignment_due", "project_id", sqlite_where=_DUE, postgresql_where=_DUE),
        BUSY,
    )

    project_id: Mapped[int] = copied()  # as in its HIT
    hit_id: Mapped[int] = reference("hit", index=False)
    worker_id: Mapped[int] = reference("worker")
    external_id: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True)  # random: it tells a worker nothing
    kind: Mapped[str] = mapped_column(default="work")
    ahead: Mapped[bool] = mapped_column(default=False)  # fetched while the page before is being answered
    work: Mapped[str] = mapped_column(default="assigned")
    review: Mapped[str] = mapped_column(default="pending")
    payment: Mapped[str] = mapped_column(default="none")
    lease_until: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]  # when it became the page its worker answers; none while ahead
    submitted_at: Mapped[datetime | None]
    active_seconds: Mapped[float | None]  # without idle time, never more than the page was held
    submission_digest: Mapped[str | None]  # of the accepted payload, to recognise a repeat
    amount_micros: Mapped[int] = mapped_column(BigInteger, default=0)
    gold_micros: Mapped[int] = mapped_column(BigInteger, default=0)  # reserved for gold at the claim


class Slot(Numbered, Stamped, Base):
    """One planned answer of one worker to one item.

    The assignment is the lease: its id is taken while the item is locked, so on every item a later
    claim has a higher one, and only the assignment that holds a slot can fill it.
    """

    __tablename__ = "slot"
    __table_args__ = (
        one_of("state", SLOT_STATES),
        Index(
            "ix_slot_live", "item_id", "worker_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
        ),
        # Of two indexes that would do for an empty table PostgreSQL takes the younger, and keeps to it: this
        # name is before that of `ix_slot_live`, so that nobody's whole past is read to claim a page.
        Index("ix_slot_asked", "worker_id"),
        Index("ix_slot_gold", "gold_id", sqlite_where=_GOLD, postgresql_where=_GOLD),
        BUSY,
    )

    project_id: Mapped[int] = copied()  # as in its assignment, like the worker
    item_id: Mapped[int] = reference("item", index=False)
    worker_id: Mapped[int] = copied()
    assignment_id: Mapped[int] = reference("assignment")
    position: Mapped[int]
    gold_id: Mapped[int | None] = reference("gold", index=False)  # set: counts apart, never a label
    state: Mapped[str] = mapped_column(default="leased")
    live: Mapped[bool] = mapped_column(Computed(_HELD, persisted=True))
