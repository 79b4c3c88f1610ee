"""Who may call a view, and the transaction it runs in: `@requires("write")` says both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

import structlog
from flask import Response, request
from sqlalchemy.orm import Session

from crowd import visitors
from crowd.api.edge import edge
from crowd.api.replies import once
from crowd.errors import NotFound, Unauthorized, bad_input
from crowd.models import Worker
from crowd.services.access import keys
from crowd.services.access.keys import Principal
from crowd.services.access.sessions import Visitor

View = Callable[..., Any]
Caller = TypeVar("Caller")
WORKER = "worker"
# More than the answers to a page of a hundred questions need.
WORKERS_BODY = 2**20


@dataclass(frozen=True, slots=True)
class Visit:
    """A requester's request inside its transaction."""

    session: Session
    principal: Principal
    now: datetime


@dataclass(frozen=True, slots=True)
class WorkerVisit:
    """A worker's request inside its transaction."""

    session: Session
    worker: Worker
    now: datetime


def requires(scope: str) -> Callable[[View], View]:
    """Admit who holds this scope, and run the view in one transaction with a `Visit` as first argument.

    They come with a key, or are signed in by one. The transaction only reads for GET. For all else it
    commits when the view returns, and a POST that repeats an earlier one under the same
    `Idempotency-Key` gets the earlier reply instead.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def run(*bodies: object, caller: Principal, **ids: object) -> Response:
            now = edge().clock()

            def work(session: Session) -> Response:
                return once(
                    session, caller, lambda: view(Visit(session, caller, now), *bodies, **ids), now=now
                )

            return visitors.transaction(edge().database, work, now=now)

        return _marked(run, scope, repeatable=True)

    return decorate


def admits(scope: str) -> Callable[[View], View]:
    """Admit who holds this scope; the view gets the `Principal` and opens transactions itself."""

    def decorate(view: View) -> View:
        @wraps(view)
        def run(*bodies: object, caller: Principal, **ids: object) -> Response:
            response: Response = view(caller, *bodies, **ids)
            return response

        return _marked(run, scope)

    return decorate


def requires_worker(view: View) -> View:
    """Admit workers, and run the view in one transaction with a `WorkerVisit` as first argument."""

    @wraps(view)
    def run(*bodies: object, caller: WorkerVisit, **ids: object) -> Response:
        response: Response = view(caller, *bodies, **ids)
        return response

    return _marked(run, WORKER)


def scope_of(view: View) -> str:
    """Return what a view requires; a view that does not say is never published."""
    access = getattr(view, "_apidoc", {}).get("access")
    if access is None:
        raise TypeError(f"{view.__name__}: say who may call it, with @requires, @admits or @requires_worker")
    return str(access["scope"])


def guarded(view: View) -> View:
    """Return the view behind its door: whoever calls is known before what they sent is looked at."""
    scope = scope_of(view)

    @wraps(view)
    def enter(**ids: object) -> Response:
        if scope == WORKER:
            return _as_worker(view, ids)
        caller = _principal(scope)
        _refuse_nul(ids)
        response: Response = view(caller=caller, **ids)
        return response

    return enter


def _marked(view: View, scope: str, *, repeatable: bool = False) -> View:
    # Where flask-smorest keeps what its decorators know, and hands it on from one to the next.
    access = {"scope": scope, "repeatable": repeatable}
    view._apidoc = {**getattr(view, "_apidoc", {}), "access": access}  # type: ignore[attr-defined]  # noqa: SLF001
    return view


def _as_worker(view: View, ids: Mapping[str, object]) -> Response:
    # They come hundreds of times a second: who it is, is the first question of the one transaction. So it
    # is known only after the body has been read, which therefore may not be long.
    token, now = _token(), edge().clock()
    request.max_content_length = WORKERS_BODY

    def work(session: Session) -> Response:
        caller = WorkerVisit(session, _worker(session, token, now), now)
        _refuse_nul(ids)
        response: Response = view(caller=caller, **ids)
        return response

    return visitors.transaction(edge().database, work, now=now)


def _worker(session: Session, token: str | None, now: datetime) -> Worker:
    worker = _visitor(session, now).worker if token is None else keys.authenticate_worker(session, token)
    if worker is None:
        raise Unauthorized("this is for workers; a requester is signed in")
    structlog.contextvars.bind_contextvars(actor=f"worker:{worker.pseudonym}")
    return worker


def _principal(scope: str) -> Principal:
    # In a transaction of its own: an import is read and checked before the one that stores it begins.
    token, database, now = _token(), edge().database, edge().clock()
    with database.read() as session:
        key = keys.authenticate(session, token, now=now) if token is not None else None
        principal = key[1] if key else _visitor(session, now).principal
    if principal is None:
        raise Unauthorized("this is for requesters; a worker is signed in")
    structlog.contextvars.bind_contextvars(actor=principal.actor)
    principal.require(scope)
    if key is not None and keys.is_use_worth_noting(key[0], now=now):
        database.transact(lambda session: keys.note_use(session, key[0].id, now=now))
    return principal


def _visitor(session: Session, now: datetime) -> Visitor:
    found = visitors.visitor(session, now=now)
    if found is None:
        raise Unauthorized("the session is over; sign in again")
    return found


def _refuse_nul(ids: Mapping[str, object]) -> None:
    # No database stores this character in text, and PostgreSQL refuses to look for it.
    if any("\0" in str(value) for value in ids.values()):
        raise NotFound("no such path")
    if any("\0" in value for value in request.args.values()):
        raise bad_input("query", "holds a NUL character")


def _token() -> str | None:
    sent = request.authorization
    if sent is None and visitors.cookie() is not None:
        return None
    if sent is None or sent.type != "bearer" or not sent.token:
        raise Unauthorized("send the header: Authorization: Bearer <key>")
    return sent.token
