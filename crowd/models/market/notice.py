"""What programs are told: events on their way to a queue, a topic or a webhook."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, one_of, reference

_WAITING = text("state = 'waiting'")


class Notice(Numbered, Stamped, Base):
    """One message; it is sent again until it arrives or has been tried often enough."""

    __tablename__ = "notice"
    __table_args__ = (
        one_of("state", ("waiting", "sent", "failed")),
        one_of("transport", ("SQS", "SNS", "webhook")),
        Index("ix_notice_waiting", "next_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    account_id: Mapped[int] = reference("market_account")
    document_id: Mapped[str] = mapped_column(unique=True)  # EventDocId
    access_key_id: Mapped[str | None]  # whose secret signs a webhook's message: that of who asked for it
    version: Mapped[str]  # EventDocVersion, as the program asked for it
    destination: Mapped[str]
    transport: Mapped[str]  # SQS, SNS or webhook
    events: Mapped[list[dict[str, Any]]]
    state: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    error: Mapped[str | None]
