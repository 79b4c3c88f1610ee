"""Money, in integer micro-dollars: the cap, and every move under it."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, append_only, one_of, reference

ENTRIES = ("reserve", "post", "void")


class Budget(Numbered, Base):
    """What a project may cost; the database itself refuses to pass the cap."""

    __tablename__ = "budget"
    __table_args__ = (
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("spent >= 0", name="spent"),
        CheckConstraint("held + spent <= cap", name="cap"),
    )

    project_id: Mapped[int] = reference("project", unique=True)
    cap: Mapped[int] = mapped_column(BigInteger)
    held: Mapped[int] = mapped_column(BigInteger, default=0)
    spent: Mapped[int] = mapped_column(BigInteger, default=0)


@append_only
class LedgerEntry(Numbered, Stamped, Base):
    """One move of money; `key` names its cause, so that the same cause never moves money twice."""

    __tablename__ = "ledger_entry"
    __table_args__ = (one_of("kind", ENTRIES), CheckConstraint("amount_micros > 0", name="amount"))

    project_id: Mapped[int] = reference("project")
    kind: Mapped[str]
    amount_micros: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(unique=True)
