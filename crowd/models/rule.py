"""Rules about workers and items, written by requesters as data, and every time one of them fired."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, append_only, one_of, reference

RULE_STATES = ("draft", "active", "retired")


class Rule(Numbered, Stamped, Base):
    """One version of a rule: what is watched, the conditions, and the action. A change is a new version."""

    __tablename__ = "rule"
    __table_args__ = (UniqueConstraint("project_id", "name", "version"), one_of("state", RULE_STATES))

    project_id: Mapped[int] = reference("project", index=False)
    name: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="draft")
    body: Mapped[dict[str, Any]]  # collect, when, do
    looked_at: Mapped[int] = mapped_column(default=0)  # answers there were when it looked last


@append_only
class Firing(Numbered, Stamped, Base):
    """A rule's conditions met by a worker or an item: the facts at that moment, and what was done."""

    __tablename__ = "firing"
    __table_args__ = (
        UniqueConstraint("rule_id", "key"),
        Index("ix_firing_project", "project_id", "id"),
    )

    project_id: Mapped[int] = reference("project", index=False)
    rule_id: Mapped[int] = reference("rule", index=False)
    key: Mapped[str]  # the subject and the evidence: the same evidence fires a rule once
    worker_id: Mapped[int | None] = reference("worker")
    item_id: Mapped[int | None] = reference("item")
    facts: Mapped[dict[str, Any]]
    action: Mapped[dict[str, Any]]
