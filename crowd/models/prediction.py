"""A model's probabilities for the items, by version of the model."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, BigId, Numbered, Stamped, append_only, reference


@append_only
class PredictionSet(Numbered, Stamped, Base):
    """The predictions of one version of a model."""

    __tablename__ = "prediction_set"
    __table_args__ = (UniqueConstraint("project_id", "model_version"),)

    project_id: Mapped[int] = reference("project", index=False)
    model_version: Mapped[str]
    # What it is a version of. Set: its newest version is evidence beside people's answers, so it must not
    # have learned from the labels of the items it speaks about. None: it only helps to choose items.
    lineage: Mapped[str | None]
    labels: Mapped[list[str]]
    digest: Mapped[str]


@append_only
class Prediction(Base):
    """One item's probabilities, in the order of the set's labels."""

    __tablename__ = "prediction"

    prediction_set_id: Mapped[int] = mapped_column(BigId, ForeignKey("prediction_set.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(BigId, ForeignKey("item.id"), primary_key=True)
    probabilities: Mapped[list[float]]
