"""Browser sessions, kept in the database so that any of them can be ended at once."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from crowd.errors import Forbidden
from crowd.models import ApiKey, Restriction, WebSession, Worker
from crowd.models.conditions import in_force
from crowd.services.access import keys, tokens
from crowd.services.access.keys import Principal

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
# Writing the time of every visit would make each request a write.
SEEN_RESOLUTION = timedelta(minutes=10)
# Built once: building a query costs as much as running it.
_FOUND = (
    select(WebSession, Worker, ApiKey)
    .outerjoin(Worker)
    .outerjoin(ApiKey)
    .where(WebSession.public_id == bindparam("public_id"))
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever is signed in: a worker, or a requester by one of their keys."""

    session_id: int
    worker: Worker | None
    principal: Principal | None
    csrf: str  # what a form of ours carries, and nobody else's can
    is_worth_noting: bool  # the stored time of the last visit is old enough to be written again


def open_for_worker(session: Session, worker: Worker, *, now: datetime) -> str:
    """Sign a worker in; return the cookie's text, which is never readable again.

    A worker who is banned from all projects is not let in.
    """
    if worker.erased_at is not None or session.scalar(_ban(worker, now)) is not None:
        raise Forbidden("this account is closed; write to whoever invited you")
    return _open(session, now, worker_id=worker.id)


def open_for_key(session: Session, key: ApiKey, *, now: datetime) -> str:
    """Sign a requester in by one of their keys; return the cookie's text."""
    return _open(session, now, api_key_id=key.id)


def visitor(session: Session, cookie: str, *, now: datetime) -> Visitor | None:
    """Return who a cookie belongs to; None for one that is unknown, over, or whose owner is gone."""
    if not (cookie.isascii() and cookie.isprintable()):
        return None
    public_id, _, secret = cookie.partition(".")
    found = session.execute(_FOUND, {"public_id": public_id}).first()
    if not tokens.matches(found[0].digest if found else None, secret) or found is None:
        return None
    row, worker, key = found
    if not _is_live(row, now) or not _has_owner(worker, key, now):
        return None
    return Visitor(
        session_id=row.id,
        worker=worker,
        principal=keys.principal_of(key) if key else None,
        csrf=csrf(secret),
        is_worth_noting=now - row.seen_at > SEEN_RESOLUTION,
    )


def csrf(secret: str) -> str:
    """Return what the forms of a session carry, and nobody else's can."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def note_visit(session: Session, session_id: int, *, now: datetime) -> None:
    """Store that a session was used, which keeps it from ending idle."""
    session.execute(update(WebSession).where(WebSession.id == session_id).values(seen_at=now))


def close(session: Session, cookie: str, *, now: datetime) -> None:
    """Sign out of this one session."""
    found = visitor(session, cookie, now=now)
    if found is not None:
        _close(session, now, WebSession.id == found.session_id)


def close_all(session: Session, worker: Worker, *, now: datetime, keep: int | None = None) -> int:
    """Sign a worker out everywhere, but for the session with the id `keep`; return how many ended."""
    others = [] if keep is None else [WebSession.id != keep]
    return _close(session, now, WebSession.worker_id == worker.id, *others)


def count_open(session: Session, worker: Worker, *, now: datetime) -> int:
    """Return in how many places a worker is signed in."""
    query = select(func.count()).select_from(WebSession).where(WebSession.worker_id == worker.id)
    live = WebSession.revoked_at.is_(None), WebSession.expires_at > now, WebSession.seen_at > now - IDLE
    return session.scalar(query.where(*live)) or 0


def prune(session: Session, *, now: datetime) -> int:
    """Delete the sessions that are over; return how many."""
    over = or_(
        WebSession.expires_at <= now, WebSession.seen_at <= now - IDLE, WebSession.revoked_at.is_not(None)
    )
    return _count(session.execute(delete(WebSession).where(over)))


def _open(session: Session, now: datetime, **owner: int) -> str:
    public_id, secret = tokens.new_pair()
    row = WebSession(
        public_id=public_id,
        digest=tokens.digest(secret),
        seen_at=now,
        expires_at=now + LONGEST,
        created_at=now,
        **owner,
    )
    session.add(row)
    session.flush()
    return f"{public_id}.{secret}"


def _ban(worker: Worker, now: datetime) -> Select[int]:
    everywhere = Restriction.project_id.is_(None), Restriction.kind == "banned"
    query = select(Restriction.id).where(Restriction.worker_id == worker.id, in_force(now), *everywhere)
    return query.limit(1)


def _close(session: Session, now: datetime, *where: ColumnElement[bool]) -> int:
    live = update(WebSession).where(WebSession.revoked_at.is_(None), *where)
    return _count(session.execute(live.values(revoked_at=now)))


def _is_live(row: WebSession, now: datetime) -> bool:
    return row.revoked_at is None and now < row.expires_at and now < row.seen_at + IDLE


def _has_owner(worker: Worker | None, key: ApiKey | None, now: datetime) -> bool:
    if worker is not None:
        return worker.erased_at is None
    return key is not None and keys.is_live(key, now=now)


def _count(result: Any) -> int:  # noqa: ANN401 - SQLAlchemy's Result, which does not say that it counts
    return cast("CursorResult[Any]", result).rowcount
