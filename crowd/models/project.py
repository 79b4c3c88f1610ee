"""What is asked: the project with its settings, and its versioned label set."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, append_only, one_of, reference

PROJECT_STATES = ("active", "paused", "closed")


class Project(Numbered, Stamped, Base):
    """One question asked about many items, with the rules for asking it."""

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("requester_id", "slug"),
        one_of("state", PROJECT_STATES),
        CheckConstraint("overlap >= 1 AND max_overlap >= overlap", name="overlap"),
        CheckConstraint("price_micros >= 0", name="price"),
    )

    requester_id: Mapped[int] = reference("requester", index=False)
    slug: Mapped[str]
    title: Mapped[str]
    instructions: Mapped[str] = mapped_column(default="")
    task_type: Mapped[str] = mapped_column(default="choice")
    state: Mapped[str] = mapped_column(default="active")
    channel: Mapped[str] = mapped_column(default="pool")
    # Asking
    overlap: Mapped[int] = mapped_column(default=3)  # answers bought before the first decision
    max_overlap: Mapped[int] = mapped_column(default=3)
    confidence: Mapped[float | None]  # None: always exactly `overlap` answers
    hit_size: Mapped[int] = mapped_column(default=10)  # questions on one page, gold included
    gold_share: Mapped[float] = mapped_column(default=0.1)
    lease_seconds: Mapped[int] = mapped_column(default=900)
    price_micros: Mapped[int] = mapped_column(BigInteger, default=0)  # for one answer
    # Choosing
    strategy: Mapped[str] = mapped_column(default="margin")
    random_share: Mapped[float] = mapped_column(default=0.25)
    batch_size: Mapped[int] = mapped_column(default=100)
    seed: Mapped[int] = mapped_column(BigInteger, default=0)
    model: Mapped[str | None]  # "builtin", or "module:object" with fit and predict_proba
    # Concluding
    method: Mapped[str] = mapped_column(default="panel")
    method_parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)


@append_only
class LabelSet(Numbered, Stamped, Base):
    """One version of the labels a project offers."""

    __tablename__ = "label_set"
    __table_args__ = (UniqueConstraint("project_id", "version"),)

    project_id: Mapped[int] = reference("project", index=False)
    version: Mapped[int]
    labels: Mapped[list[str]]
