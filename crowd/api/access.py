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

from crowd.api.edge import edge
from crowd.api.replies import once
from crowd.errors import NotFound, Unauthorized, bad_input
from crowd.models import Worker
from crowd.services import keys
from crowd.services.keys import Principal

View = Callable[..., Any]
Caller = TypeVar("Caller")
WORKER = "worker"
READING = ("GET", "HEAD")


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
    """Admit keys with this scope, and run the view in one transaction with a `Visit` as first argument.

    The transaction only reads for GET. For all else it commits when the view returns, and a POST that
    repeats an earlier one under the same `Idempotency-Key` gets the earlier reply instead.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def run(*bodies: object, caller: Principal, **ids: object) -> Response:
            now = edge().clock()
            return _transaction(
                lambda session: once(
                    session, caller, lambda: view(Visit(session, caller, now), *bodies, **ids), now=now
                )
            )

        return _marked(run, scope, repeatable=True)

    return decorate


def admits(scope: str) -> Callable[[View], View]:
    """Admit keys with this scope; the view gets the `Principal` and opens transactions itself."""

    def decorate(view: View) -> View:
        @wraps(view)
        def run(*bodies: object, caller: Principal, **ids: object) -> Response:
            response: Response = view(caller, *bodies, **ids)
            return response

        return _marked(run, scope)

    return decorate


def requires_worker(view: View) -> View:
    """Admit workers with their token, and run the view in one transaction with a `WorkerVisit`."""

    @wraps(view)
    def run(*bodies: object, caller: Worker, **ids: object) -> Response:
        now = edge().clock()
        return _transaction(lambda session: view(WorkerVisit(session, caller, now), *bodies, **ids))

    return _marked(run, WORKER)


def scope_of(view: View) -> str:
    """Return what a view requires; a view that does not say is never published."""
    access = getattr(view, "_apidoc", {}).get("access")
    if access is None:
        raise TypeError(f"{view.__name__}: say who may call it, with @requires, @admits or @requires_worker")
    return str(access["scope"])


def guarded(view: View) -> View:
    """Return the view behind its door: whoever calls is known before anything they sent is read."""
    scope = scope_of(view)

    @wraps(view)
    def enter(**ids: object) -> Response:
        caller = _worker() if scope == WORKER else _principal(scope)
        _refuse_nul(ids)
        response: Response = view(caller=caller, **ids)
        return response

    return enter


def _marked(view: View, scope: str, *, repeatable: bool = False) -> View:
    # Where flask-smorest keeps what its decorators know, and hands it on from one to the next.
    access = {"scope": scope, "repeatable": repeatable}
    view._apidoc = {**getattr(view, "_apidoc", {}), "access": access}  # type: ignore[attr-defined]  # noqa: SLF001
    return view


def _transaction(work: Callable[[Session], Response]) -> Response:
    database = edge().database
    if request.method not in READING:
        request.get_data()  # a slow sender must not hold a transaction open
        return database.transact(work)
    with database.read() as session:
        return work(session)


def _principal(scope: str) -> Principal:
    database, now = edge().database, edge().clock()
    with database.read() as session:
        key, principal = keys.authenticate(session, _token(), now=now)
    structlog.contextvars.bind_contextvars(actor=principal.actor)
    principal.require(scope)
    if keys.is_use_worth_noting(key, now=now):
        database.transact(lambda session: keys.note_use(session, key.id, now=now))
    return principal


def _worker() -> Worker:
    with edge().database.read() as session:
        worker = keys.authenticate_worker(session, _token())
    structlog.contextvars.bind_contextvars(actor=f"worker:{worker.pseudonym}")
    return worker


def _refuse_nul(ids: Mapping[str, object]) -> None:
    # No database stores this character in text, and PostgreSQL refuses to look for it.
    if any("\0" in str(value) for value in ids.values()):
        raise NotFound("no such path")
    if any("\0" in value for value in request.args.values()):
        raise bad_input("query", "holds a NUL character")


def _token() -> str:
    sent = request.authorization
    if sent is None or sent.type != "bearer" or not sent.token:
        raise Unauthorized("send the header: Authorization: Bearer <key>")
    return sent.token
