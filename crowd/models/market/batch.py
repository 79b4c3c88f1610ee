"""Batches: HITs made from one page and the rows of a table, to be taken home as a table again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, BigId, Numbered, Stamped, reference


class MarketBatch(Numbered, Stamped, Base):
    """A page with `${names}`, filled in once for each row of a table."""

    __tablename__ = "market_batch"

    account_id: Mapped[int] = reference("market_account")
    layout_id: Mapped[int] = reference("layout", index=False)
    hit_type_id: Mapped[int] = reference("hit_type", index=False)
    columns: Mapped[list[str]]  # of the table, in its order


class MarketBatchRow(Base):
    """The row of the table that a HIT was made from."""

    __tablename__ = "market_batch_row"
    __table_args__ = (
        UniqueConstraint("batch_id", "position"),
        CheckConstraint("position >= 1", name="position"),
    )

    hit_id: Mapped[int] = mapped_column(BigId, ForeignKey("market_hit.id"), primary_key=True)
    batch_id: Mapped[int] = reference("market_batch", index=False)
    position: Mapped[int]
    cells: Mapped[dict[str, Any]]  # by column
