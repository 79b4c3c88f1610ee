"""What the answers say together, and what was decided on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, BigId, Numbered, Stamped, append_only, one_of, reference

ACTIONS = ("enough", "more", "give_up", "quarantine", "expert", "audit", "hand_over")


@append_only
class AnswerSet(Numbered, Stamped, Base):
    """The exact answers a run read: ids in order, each as its difference to the one before, packed."""

    __tablename__ = "answer_set"
    __table_args__ = (UniqueConstraint("project_id", "digest"),)

    project_id: Mapped[int] = reference("project", index=False)
    digest: Mapped[str]
    size: Mapped[int]
    ids: Mapped[bytes] = mapped_column(LargeBinary)


class AnswerBlock(Numbered, Base):
    """Answers of a project as columns of numbers, so that a run need not read each row again.

    What it holds follows from the answers: `crowd.columns` makes and drops it.
    """

    __tablename__ = "answer_block"
    __table_args__ = (UniqueConstraint("project_id", "last"),)

    project_id: Mapped[int] = reference("project", index=False)
    last: Mapped[int] = mapped_column(BigId)  # the id of its last answer
    size: Mapped[int]
    labels: Mapped[list[str]]  # what the places of labels mean
    content: Mapped[bytes] = mapped_column(LargeBinary)


@append_only
class ConsensusRun(Numbered, Stamped, Base):
    """One aggregation; `key` digests the answers, gold, label set, method and parameters it read.

    `gold_ids` are the gold rows it was told, stored as an answer set stores its answers.
    """

    __tablename__ = "consensus_run"
    __table_args__ = (UniqueConstraint("project_id", "key"),)

    project_id: Mapped[int] = reference("project", index=False)
    key: Mapped[str]
    answer_set_id: Mapped[int] = reference("answer_set", index=False)
    label_set_id: Mapped[int] = reference("label_set", index=False)
    gold_ids: Mapped[bytes] = mapped_column(LargeBinary)
    method: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    iterations: Mapped[int]
    log_likelihood: Mapped[float | None]
    # By lineage the version and weight of predictions heard, with what it gained; None: people alone.
    evidence: Mapped[dict[str, Any] | None]
    # What it knows of the workers, as `aggregation.provisional` packs it; None where items are not judged
    # between two runs.
    stand: Mapped[bytes | None] = mapped_column(LargeBinary)


class CurrentRun(Base):
    """Which run of a method holds now: answers set aside may lead back to a run that is not the newest."""

    __tablename__ = "current_run"

    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"), primary_key=True)
    method: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[int] = reference("consensus_run", index=False)


@append_only
class Consensus(Base):
    """One item's label in one run, with its posterior in the order of the label set.

    Its run and its item are never removed, and it is written from the answers to them. So it has no foreign
    keys: PostgreSQL would look up each of them and lock its row, in three quarters of the time that a run is
    written in. `crowd check` looks at all of them at once.
    """

    __tablename__ = "consensus"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it from the class

    run_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    item_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    label: Mapped[str]
    confidence: Mapped[float]
    posterior: Mapped[list[float]]
    human_posterior: Mapped[list[float] | None]  # of people alone, where machines were heard too
    votes: Mapped[int]


class Provisional(Base):
    """What is taken for an item's label until the next run, by new answers and an old view of the workers.

    It holds only beside the run it was judged by, and goes with it.
    """

    __tablename__ = "provisional"

    item_id: Mapped[int] = mapped_column(BigId, ForeignKey("item.id"), primary_key=True)
    project_id: Mapped[int] = reference("project")
    run_id: Mapped[int] = reference("consensus_run", index=False)
    label: Mapped[str]
    confidence: Mapped[float]
    posterior: Mapped[list[float]]
    votes: Mapped[int]


class KeptAdvice(Base):
    """What the answers said about the question at some run, for pages that cannot wait for all of them."""

    __tablename__ = "kept_advice"

    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("project.id"), primary_key=True)
    run_id: Mapped[int] = reference("consensus_run", index=False)
    questions: Mapped[list[str]]
    kept_at: Mapped[datetime]


@append_only
class Decision(Numbered, Stamped, Base):
    """Whether an item was given another answer, and why; the newest row holds."""

    __tablename__ = "decision"
    __table_args__ = (one_of("action", ACTIONS), Index("ix_decision_item", "item_id", "id"))

    project_id: Mapped[int] = reference("project", index=False)
    item_id: Mapped[int] = reference("item", index=False)
    run_id: Mapped[int | None] = reference("consensus_run", index=False)  # None: not decided on a consensus
    action: Mapped[str]
    reason: Mapped[str]
