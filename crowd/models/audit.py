"""Who did what: an append-only chain in which each entry vouches for the one before."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from crowd.models.base import Base, Numbered, Stamped, append_only, reference


@append_only
class AuditEntry(Numbered, Stamped, Base):
    """One act of a requester or of the system."""

    __tablename__ = "audit_entry"

    requester_id: Mapped[int] = reference("requester")
    project_id: Mapped[int | None] = reference("project")
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    details: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(unique=True)  # unique: the chain cannot fork
    digest: Mapped[str] = mapped_column(unique=True)
