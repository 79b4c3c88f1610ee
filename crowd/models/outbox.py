"""Every effect outside this database: written down before it is tried, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import BUSY, Base, Numbered, Stamped, append_only, one_of, reference

OUTBOX_STATES = ("planned", "sent", "done", "ambiguous", "failed", "waiting")

_OPEN = text("state IN ('planned', 'sent', 'ambiguous')")


class OutboxEntry(Numbered, Stamped, Base):
    """One call to an endpoint. The token is made with the row and never again, so a repeat changes nothing.

    "sent" is between the call and its reply; "ambiguous" is a call whose reply never came; "waiting" is for
    funds at the endpoint, and goes on when somebody says so.
    """

    __tablename__ = "outbox_entry"
    __table_args__ = (
        UniqueConstraint("project_id", "operation", "subject"),
        one_of("state", OUTBOX_STATES),
        CheckConstraint("cost_micros >= 0", name="cost"),
        Index("ix_outbox_entry_open", "endpoint", "next_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        BUSY,
    )

    project_id: Mapped[int] = reference("project", index=False)
    endpoint: Mapped[str]  # the address it goes to; ids of one endpoint are never sent to another
    operation: Mapped[str]  # "CreateHITWithHITType", "SendBonus", …
    subject: Mapped[str]  # what it is about, once ever: "hit:17", "assignment:4"
    token: Mapped[str] = mapped_column(unique=True)
    parameters: Mapped[dict[str, Any]]
    cost_micros: Mapped[int] = mapped_column(BigInteger, default=0)  # set aside in the budget, fee included
    state: Mapped[str] = mapped_column(default="planned")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    first_sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]


@append_only
class ReceivedNotice(Numbered, Stamped, Base):
    """A notification an endpoint sent; a hint, kept so that a repeat causes no work."""

    __tablename__ = "received_notice"
    __table_args__ = (UniqueConstraint("project_id", "document_id"),)

    project_id: Mapped[int] = reference("project", index=False)
    document_id: Mapped[str]  # EventDocId
    hits: Mapped[list[str]]


class Quarantined(Numbered, Stamped, Base):
    """A submission from an endpoint that could not be taken in, whole, with the reason.

    Nothing but the worker ever changes: one who is erased is named by their pseudonym.
    """

    __tablename__ = "quarantined"
    __table_args__ = (UniqueConstraint("project_id", "external_id", "worker"),)

    project_id: Mapped[int] = reference("project", index=False)
    hit: Mapped[str]
    external_id: Mapped[str]  # of the assignment
    worker: Mapped[str]
    answer: Mapped[str]  # the XML as it came
    reason: Mapped[str]
