"""The result: named training sets of immutable versions whose rows remember where they come from."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, BigId, Numbered, Stamped, append_only, one_of, reference

SOURCES = ("consensus", "gold")


class TrainingSet(Numbered, Stamped, Base):
    """A named sequence of versions."""

    __tablename__ = "training_set"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    project_id: Mapped[int] = reference("project", index=False)
    name: Mapped[str]


@append_only
class TrainingSetVersion(Numbered, Stamped, Base):
    """One frozen version; the hash covers every example, so equal content has an equal hash."""

    __tablename__ = "training_set_version"
    __table_args__ = (UniqueConstraint("training_set_id", "number"),)

    training_set_id: Mapped[int] = reference("training_set", index=False)
    number: Mapped[int]
    content_hash: Mapped[str]
    size: Mapped[int]
    manifest: Mapped[dict[str, Any]]


@append_only
class Example(Numbered, Base):
    """One labeled item in one version, with its lineage."""

    __tablename__ = "example"
    __table_args__ = (
        UniqueConstraint("version_id", "item_id"),
        one_of("source", SOURCES),
        ForeignKeyConstraint(["run_id", "item_id"], ["consensus.run_id", "consensus.item_id"]),
    )

    version_id: Mapped[int] = reference("training_set_version", index=False)
    item_id: Mapped[int] = reference("item")
    label: Mapped[str]
    confidence: Mapped[float]
    source: Mapped[str]
    run_id: Mapped[int | None] = mapped_column(BigId)  # that gave the label
    gold_id: Mapped[int | None] = reference("gold", index=False)
    batch_id: Mapped[int | None] = reference("batch", index=False)
    model_version: Mapped[str | None]
    answers: Mapped[list[int]]
    workers: Mapped[list[str]]
