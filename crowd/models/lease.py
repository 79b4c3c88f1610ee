"""Who may run the scheduled jobs: a lease with a term, and the ticks already acted on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, append_only


class Lease(Base):
    """The right to act, held by one process for one term."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    term: Mapped[int]
    until: Mapped[datetime]


@append_only
class Tick(Numbered, Stamped, Base):
    """One period of one job, acted on once whoever held the lease."""

    __tablename__ = "tick"
    __table_args__ = (UniqueConstraint("job", "period"),)

    job: Mapped[str]
    period: Mapped[int] = mapped_column(BigInteger)  # may be counted in seconds
    term: Mapped[int]
