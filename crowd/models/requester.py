"""Who asks, the keys they hold, and the replies already given to repeated requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, reference

SCOPES = ("read", "write", "spend", "admin")


class Requester(Numbered, Stamped, Base):
    """Someone who asks questions and pays for answers."""

    __tablename__ = "requester"

    name: Mapped[str] = mapped_column(unique=True)


class ApiKey(Numbered, Stamped, Base):
    """A key for the API; only its digest is kept, the key itself is shown once."""

    __tablename__ = "api_key"

    requester_id: Mapped[int] = reference("requester")
    project_id: Mapped[int | None] = reference("project")  # None: all of the requester's projects
    public_id: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]  # SHA-256 of the secret part
    scopes: Mapped[list[str]]
    label: Mapped[str]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class IdempotencyRecord(Numbered, Stamped, Base):
    """The reply once given under an `Idempotency-Key`, to be given again."""

    __tablename__ = "idempotency_record"
    __table_args__ = (UniqueConstraint("api_key_id", "key"),)

    api_key_id: Mapped[int] = reference("api_key", index=False)
    key: Mapped[str]
    route: Mapped[str]
    body_digest: Mapped[str]
    status: Mapped[int]
    body: Mapped[dict[str, Any]]
