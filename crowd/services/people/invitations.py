"""Links by which workers come to an account of their own: each good once, for a week, until the next."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, select, update
from sqlalchemy.orm import Session

from crowd.errors import NotFound
from crowd.models import Invitation, Worker
from crowd.services import audit, roster
from crowd.services.access import tokens
from crowd.services.access.keys import Principal

LIFETIME = timedelta(days=7)
SECRET_BYTES = 16
OVER = (
    "this invitation is unknown, over or used already: "
    "sign in if it was you who used it, or ask whoever sent it for a new one"
)


def invite(session: Session, principal: Principal, *, name: str, now: datetime) -> tuple[Worker, str]:
    """Add a worker to the requester's own pool; return them with the token of their link."""
    worker = roster.add(session, principal, name=name, now=now)
    return worker, _link(session, worker, now)


def renew(session: Session, principal: Principal, worker: Worker, *, now: datetime) -> str:
    """Return the token of a new link for a worker, who may have lost the last, or their password.

    Every earlier link ends. With a link a worker who has an account sets a new password.
    """
    principal.require_all_projects()
    if worker.requester_id != principal.requester_id or worker.channel != "pool" or worker.erased_at:
        raise NotFound(f"no worker {worker.pseudonym!r} of the pool")
    audit.act(session, principal, "worker.invite", f"worker:{worker.pseudonym}", now=now)
    _end(session, Invitation.worker_id == worker.id, Invitation.consumed_at.is_(None), now=now)
    return _link(session, worker, now)


def find(session: Session, token: str, *, now: datetime) -> tuple[Invitation, Worker]:
    """Return a link that may still be used, and whom it invites; looking at it changes nothing."""
    public_id, _, secret = token.partition(".")
    if not (token.isascii() and token.isprintable()):
        raise NotFound(OVER)
    query = select(Invitation, Worker).join(Worker).where(Invitation.public_id == public_id)
    found = session.execute(query).first()
    if not tokens.matches(found[0].digest if found else None, secret) or found is None:
        raise NotFound(OVER)
    invitation, worker = found
    if invitation.consumed_at is not None or invitation.expires_at <= now or worker.erased_at is not None:
        raise NotFound(OVER)
    return invitation, worker


def consume(session: Session, token: str, *, now: datetime) -> Worker:
    """Use a link; of several who use it at once, one does."""
    invitation, worker = find(session, token, now=now)
    if not _end(session, Invitation.id == invitation.id, Invitation.consumed_at.is_(None), now=now):
        raise NotFound(OVER)
    return worker


def _link(session: Session, worker: Worker, now: datetime) -> str:
    public_id, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
    invitation = Invitation(
        worker_id=worker.id,
        public_id=public_id,
        digest=tokens.digest(secret),
        expires_at=now + LIFETIME,
        created_at=now,
    )
    session.add(invitation)
    session.flush()
    return f"{public_id}.{secret}"


def _end(session: Session, *where: ColumnElement[bool], now: datetime) -> int:
    result = session.execute(update(Invitation).where(*where).values(consumed_at=now))
    return cast("CursorResult[Any]", result).rowcount
