"""The session's cookie, and the proof that a request that changes something comes from a page of ours."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

import structlog
from flask import Response, g, request
from sqlalchemy.orm import Session
from werkzeug import Request

from crowd.db import Database
from crowd.errors import Forbidden
from crowd.services.access import sessions
from crowd.services.access.sessions import Visitor

Answer = TypeVar("Answer")

# A browser takes a cookie with this prefix only over TLS, for one host and its whole path.
SECURE_COOKIE = "__Host-crowd"
COOKIE = "crowd"
HEADER = "X-CSRF-Token"
FIELD = "csrf"
READING = ("GET", "HEAD")


def cookie(sent: Request = request) -> str | None:
    """Return the text of the session's cookie, where the request has one."""
    return sent.cookies.get(_name(sent))


def set_cookie(response: Response, text: str) -> None:
    """Give the browser the cookie of a new session."""
    response.set_cookie(
        _name(request),
        text,
        max_age=int(sessions.LONGEST.total_seconds()),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def clear_cookie(response: Response) -> None:
    """Take the cookie from the browser."""
    response.delete_cookie(_name(request), secure=request.is_secure, httponly=True, samesite="Lax")


def visitor(session: Session, *, now: datetime) -> Visitor | None:
    """Return who the request's cookie belongs to; refuse one that would change something unasked."""
    sent = cookie()
    found = None if sent is None else sessions.visitor(session, sent, now=now)
    if found is not None:
        if request.method not in READING:
            require_same_origin()
            _require_csrf(found)
        structlog.contextvars.bind_contextvars(actor=_actor(found))
    g.visitor = found
    return found


def transaction(database: Database, work: Callable[[Session], Answer], *, now: datetime) -> Answer:
    """Run a request in one transaction, which only reads for GET, and keep the visitor's session alive."""

    def noted(session: Session) -> Answer:
        answer = work(session)
        _note_visit(session, now)
        return answer

    if request.method not in READING:
        request.get_data()  # a slow sender must not hold a transaction open
        return database.transact(noted)
    with database.read() as session:
        answer = work(session)
    if (found := current()) is not None and found.is_worth_noting:
        database.transact(lambda session: sessions.note_visit(session, found.session_id, now=now))
    return answer


def current() -> Visitor | None:
    """Return the visitor this request was found to come from, if any."""
    found: Visitor | None = g.get("visitor")
    return found


def is_from_our_page(secret: str, sent: Request) -> bool:
    """Tell whether a request with the cookie of this secret has what only our own pages send with it."""
    ours, theirs = _origins(sent)
    token = sent.headers.get(HEADER, "")
    return ours == theirs and hmac.compare_digest(token.encode(), sessions.csrf(secret).encode())


def require_same_origin() -> None:
    """Raise unless the browser says that the request comes from one of our own pages."""
    ours, theirs = _origins(request)
    if theirs != ours:
        raise Forbidden(
            f"this request comes from {theirs or 'no page'}, and this server is {ours}; "
            "behind a proxy, set CROWD_TRUSTED_PROXIES"
        )


def own_path(text: str, *, default: str) -> str:
    """Return a path of ours to go on to; the default for what leads elsewhere."""
    # Browsers read "//host" and "/\host" as another host, and drop tabs and line ends before they do.
    is_ours = text.startswith("/") and text[1:2] not in ("/", "\\") and text.isprintable()
    return text if is_ours else default


def _origins(sent: Request) -> tuple[str, str]:
    theirs = sent.headers.get("Origin") or _origin(sent.headers.get("Referer", ""))
    return f"{sent.scheme}://{sent.host}", theirs


def _note_visit(session: Session, now: datetime) -> None:
    found = current()
    if found is not None and found.is_worth_noting:
        sessions.note_visit(session, found.session_id, now=now)


def _require_csrf(visitor: Visitor) -> None:
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not hmac.compare_digest(sent.encode(), visitor.csrf.encode()):
        raise Forbidden("the form is from an earlier session; load the page again and repeat")


def _name(sent: Request) -> str:
    return SECURE_COOKIE if sent.is_secure else COOKIE


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _actor(visitor: Visitor) -> str:
    if visitor.principal is not None:
        return visitor.principal.actor
    assert visitor.worker is not None
    return f"worker:{visitor.worker.pseudonym}"
