"""How people sign in: invitations, accounts, sessions, and how often somebody has tried."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, reference


class Invitation(Numbered, Stamped, Base):
    """A link by which an invited worker makes an account, once; only its digest is kept."""

    __tablename__ = "invitation"

    worker_id: Mapped[int] = reference("worker")
    public_id: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    expires_at: Mapped[datetime]
    consumed_at: Mapped[datetime | None]


class Account(Numbered, Stamped, Base):
    """What a worker signs in with: a name and a password, an identity at an OpenID provider, or both."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        CheckConstraint("password_digest IS NOT NULL OR subject IS NOT NULL", name="way_in"),
    )

    worker_id: Mapped[int] = reference("worker", unique=True)
    login: Mapped[str] = mapped_column(unique=True)  # folded, so that no two look alike
    password_digest: Mapped[str | None]  # argon2id
    issuer: Mapped[str | None]
    subject: Mapped[str | None]


class WebSession(Numbered, Stamped, Base):
    """Someone signed in by a browser: a worker, or a requester by one of their keys."""

    __tablename__ = "web_session"
    __table_args__ = (CheckConstraint("(worker_id IS NULL) <> (api_key_id IS NULL)", name="whose"),)

    worker_id: Mapped[int | None] = reference("worker")
    api_key_id: Mapped[int | None] = reference("api_key")
    public_id: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Attempts(Base):
    """How often something was tried within one window of time."""

    __tablename__ = "attempts"
    __table_args__ = (CheckConstraint("count >= 0", name="count"),)

    bucket: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[datetime] = mapped_column(primary_key=True)  # its beginning
    count: Mapped[int]
