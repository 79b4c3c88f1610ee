"""A program's side of the market: the requester's account with its money, keys and spent tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, BigId, Numbered, Stamped, append_only, one_of, reference

MARKET_ENTRIES = ("deposit", "hold", "release", "pay", "fee", "bonus")


class MarketAccount(Numbered, Stamped, Base):
    """A requester as programs see them. `held` is set aside for HITs that are out, `spent` is gone.

    A play account always says it has the same balance; its moves are kept all the same.
    """

    __tablename__ = "market_account"
    __table_args__ = (
        CheckConstraint("held >= 0 AND spent >= 0", name="money"),
        CheckConstraint("play OR held + spent <= deposited", name="covered"),
    )

    requester_id: Mapped[int] = reference("requester", unique=True)
    external_id: Mapped[str] = mapped_column(unique=True)  # "A…", the requester's id on the wire
    play: Mapped[bool] = mapped_column(default=False)
    deposited: Mapped[int] = mapped_column(BigInteger, default=0)
    held: Mapped[int] = mapped_column(BigInteger, default=0)
    spent: Mapped[int] = mapped_column(BigInteger, default=0)


@append_only
class MarketEntry(Numbered, Stamped, Base):
    """One move of money in an account; `key` names its cause, so that nothing is moved twice."""

    __tablename__ = "market_entry"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        one_of("kind", MARKET_ENTRIES),
        CheckConstraint("amount_micros > 0", name="amount"),
    )

    account_id: Mapped[int] = reference("market_account", index=False)
    kind: Mapped[str]
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str]


class AccessKey(Numbered, Stamped, Base):
    """A key pair a program signs with. The secret is derived from the server's own and never kept."""

    __tablename__ = "access_key"

    requester_id: Mapped[int] = reference("requester")
    access_key_id: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class MarketPerson(Base):
    """The id by which programs know a worker."""

    __tablename__ = "market_person"

    worker_id: Mapped[int] = mapped_column(BigId, ForeignKey("worker.id"), primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)  # "A…"


class SpentToken(Numbered, Stamped, Base):
    """A UniqueRequestToken and what it brought about; after 24 hours it may be used again."""

    __tablename__ = "spent_token"
    __table_args__ = (UniqueConstraint("account_id", "operation", "token"),)

    account_id: Mapped[int] = reference("market_account", index=False)
    operation: Mapped[str]
    token: Mapped[str]
    subject: Mapped[str]  # the id of what was made
