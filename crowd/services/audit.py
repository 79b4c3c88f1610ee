"""Who did what, in a chain of digests that cannot be edited unnoticed."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from crowd.models import AuditEntry, Project
from crowd.services import locks, plain
from crowd.services.plain import At, Sql

GENESIS = "0" * 64
LAST = Sql(*["SELECT digest FROM audit_entry ORDER BY id DESC LIMIT 1"] * 2)
# Plain: programs write thousands of entries, one for each call that spends.
_APPEND = """
    INSERT INTO audit_entry
        (requester_id, project_id, actor, action, subject, details, previous, digest, created_at)
    VALUES (:requester, {project}, :actor, :action, :subject, {details}, :previous, :digest, :now)
"""
APPEND = Sql(
    sqlite=_APPEND.format(project=":project", details=":details"),
    postgresql=_APPEND.format(project="CAST(:project AS bigint)", details="CAST(:details AS json)"),
)


class Actor(Protocol):
    """Whoever acts for a requester."""

    @property
    def actor(self) -> str:
        """Who it is, in the words of the chain."""

    @property
    def requester_id(self) -> int:
        """The requester they act for."""


def act(
    session: At,
    who: Actor,
    action: str,
    subject: str,
    *,
    project: Project | None = None,
    details: dict[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """Append what somebody did on a requester's behalf."""
    return record(
        session,
        requester_id=who.requester_id,
        project_id=project.id if project else None,
        actor=who.actor,
        action=action,
        subject=subject,
        details=details,
        now=now,
    )


def record(
    session: At,
    *,
    requester_id: int,
    actor: str,
    action: str,
    subject: str,
    now: datetime,
    project_id: int | None = None,
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append one act to the audit chain, in the same transaction as the act itself."""
    if isinstance(session, Session):  # a line has SQLite's one turn
        locks.name(session, "audit")
    last = LAST(session).first()
    entry = AuditEntry(
        requester_id=requester_id,
        project_id=project_id,
        actor=actor,
        action=action,
        subject=subject,
        details=details or {},
        created_at=now,
        previous=last[0] if last else GENESIS,
    )
    entry.digest = digest(entry)
    APPEND(
        session,
        requester=entry.requester_id,
        project=entry.project_id,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        details=json.dumps(entry.details),
        previous=entry.previous,
        digest=entry.digest,
        now=plain.moment(session, now),
    )
    return entry


def digest(entry: AuditEntry) -> str:
    """Return the digest an entry must carry: it covers the entry and, through `previous`, all before it."""
    content = [
        entry.previous,
        entry.requester_id,
        entry.project_id,
        entry.actor,
        entry.action,
        entry.subject,
        entry.details,
        entry.created_at.astimezone(UTC).isoformat(),
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
