"""One page of questions offered to workers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, BigId, Numbered, Stamped, copied, one_of, reference

HIT_STATES = ("open", "closed")


class Hit(Numbered, Stamped, Base):
    """A fixed page, built when it is published or when a worker accepts it."""

    __tablename__ = "hit"
    __table_args__ = (
        UniqueConstraint("project_id", "external_id"),
        one_of("state", HIT_STATES),
        CheckConstraint("assignments >= 1 AND reward_micros >= 0", name="offer"),
    )

    project_id: Mapped[int] = copied()  # as in its instructions
    instructions_id: Mapped[int] = reference("instructions", index=False)
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    endpoint: Mapped[str | None]  # the address it was published to; None: our own pool or this program
    external_id: Mapped[str | None]  # random for our own pool, the endpoint's id elsewhere, once it is known
    assignments: Mapped[int]  # workers wanted
    reward_micros: Mapped[int] = mapped_column(BigInteger)
    fee_micros: Mapped[int] = mapped_column(BigInteger, default=0)  # of one assignment, on top of the reward
    expires_at: Mapped[datetime | None]  # at the endpoint: nobody accepts it any more
    collected_at: Mapped[datetime | None]  # at the endpoint: nothing is pending there any more


class HitQuestion(Base):
    """One question on a HIT's page; `places` counts its answers still to come."""

    __tablename__ = "hit_question"
    __table_args__ = (CheckConstraint("places >= 0", name="places"),)

    hit_id: Mapped[int] = mapped_column(BigId, ForeignKey("hit.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(BigId, ForeignKey("item.id"), primary_key=True, index=True)
    position: Mapped[int]
    gold_id: Mapped[int | None] = reference("gold", index=False)
    places: Mapped[int]


class Exchange(Base):
    """Gold that one worker is asked on a HIT in the place of gold they have seen before."""

    __tablename__ = "exchange"

    hit_id: Mapped[int] = mapped_column(BigId, ForeignKey("hit.id"), primary_key=True)
    worker_id: Mapped[int] = mapped_column(BigId, ForeignKey("worker.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = reference("item", index=False)
    gold_id: Mapped[int] = reference("gold", index=False)
