"""One selection run, stored so that it can be replayed and explained."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, BigId, Numbered, Stamped, append_only, reference


@append_only
class Batch(Numbered, Stamped, Base):
    """Which items were chosen, by which strategy, seed and model version."""

    __tablename__ = "batch"

    project_id: Mapped[int] = reference("project")
    strategy: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    seed: Mapped[int] = mapped_column(BigInteger)
    prediction_set_id: Mapped[int | None] = reference("prediction_set", index=False)
    size: Mapped[int]


@append_only
class BatchItem(Base):
    """One chosen item with the reason it was chosen for."""

    __tablename__ = "batch_item"

    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batch.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(BigId, ForeignKey("item.id"), primary_key=True, index=True)
    rank: Mapped[int]
    score: Mapped[float]
    reason: Mapped[str]
    random: Mapped[bool]  # drawn for the random share: an unbiased sample of what there was
