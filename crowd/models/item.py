"""The unit of data, and the gold among it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import BUSY, Base, BigId, Numbered, Stamped, one_of, reference

ITEM_STATES = ("new", "asking", "settled", "given_up", "quarantined", "gold")
# Hidden in pages; shown with its explanation to those who begin; or only told to the consensus.
GOLD_USES = ("hidden", "training", "told")


class Item(Numbered, Stamped, Base):
    """Something to be labeled.

    `open` counts the answers still wanted that nobody holds. The database refuses to let it fall
    below zero, which is what makes over-assignment impossible. `claimable` flips only when `open`
    reaches or leaves zero, so that most claims leave the partial index alone. The open places of an item
    are for the people of one channel at a time: the index keeps the two apart, so that nobody has to walk
    over what the other channel is asked.
    """

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("project_id", "key"),
        CheckConstraint("open >= 0", name="open"),
        CheckConstraint("wanted >= open", name="wanted"),
        CheckConstraint("claimable = (open > 0)", name="claimable"),
        one_of("state", ITEM_STATES),
        Index(
            "ix_item_claimable",
            "project_id",
            "handed_over",
            "rank",
            "id",
            sqlite_where=text("claimable"),
            postgresql_where=text("claimable"),
        ),
        Index("ix_item_state", "project_id", "state"),
        BUSY,
    )

    project_id: Mapped[int] = reference("project", index=False)
    key: Mapped[str]  # the requester's own id
    payload: Mapped[dict[str, Any]]
    payload_digest: Mapped[str]
    state: Mapped[str] = mapped_column(default="new")
    rank: Mapped[float] = mapped_column(default=0.0)  # lower is asked sooner
    wanted: Mapped[int] = mapped_column(default=0)  # = open + places on published HITs + live slots
    open: Mapped[int] = mapped_column(default=0)
    claimable: Mapped[bool] = mapped_column(default=False)
    handed_over: Mapped[bool] = mapped_column(default=False)  # the open places: to the second channel
    opened_at: Mapped[datetime | None]  # when places were last opened
    reserved: Mapped[bool] = mapped_column(default=False)  # only for the workers of its reservations


class Reservation(Base):
    """An item kept for chosen workers."""

    __tablename__ = "reservation"

    item_id: Mapped[int] = mapped_column(BigId, ForeignKey("item.id"), primary_key=True)
    worker_id: Mapped[int] = mapped_column(BigId, ForeignKey("worker.id"), primary_key=True, index=True)


class Gold(Numbered, Stamped, Base):
    """The known answer to an item; a correction retires the row and adds another."""

    __tablename__ = "gold"
    __table_args__ = (
        Index(
            "ix_gold_current",
            "item_id",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
        one_of("use", GOLD_USES),
    )

    project_id: Mapped[int] = reference("project")
    item_id: Mapped[int] = reference("item")
    label: Mapped[str]
    accepted: Mapped[dict[str, Any]] = mapped_column(default=dict)  # other answers, and their credit
    source: Mapped[str]  # "requester", "expert" or "consensus"
    use: Mapped[str] = mapped_column(default="hidden")
    explanation: Mapped[str] = mapped_column(default="")  # why it is right; workers see it in training
    replaces_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("gold.id"))  # what it corrects
    retired_at: Mapped[datetime | None]
    retired_because: Mapped[str | None]
