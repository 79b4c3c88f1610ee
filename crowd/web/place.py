"""How a page runs: who is there, one transaction, a template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import quote

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from crowd import visitors
from crowd.clock import Clock
from crowd.db import Database
from crowd.errors import CrowdError, TooMany, bad_input
from crowd.models import Worker
from crowd.services.access.keys import Principal
from crowd.services.access.sessions import Visitor
from crowd.settings import Settings

Page = Callable[..., ResponseReturnValue]
WORKERS_DOOR = "/work/signin"
REQUESTERS_DOOR = "/signin"


@dataclass(frozen=True, slots=True)
class Call:
    """Someone's call of a page, inside its transaction; `visitor` is None before they sign in."""

    session: Session
    now: datetime
    visitor: Visitor | None


@dataclass(frozen=True, slots=True)
class WorkerCall:
    """A worker's call of a page, inside its transaction."""

    session: Session
    now: datetime
    visitor: Visitor
    worker: Worker


@dataclass(frozen=True, slots=True)
class RequesterCall:
    """A requester's call of a page, inside its transaction."""

    session: Session
    now: datetime
    visitor: Visitor
    principal: Principal


@dataclass(frozen=True, slots=True)
class Place:
    """What every page stands on: the database, the clock and the settings of one application.

    The transaction only reads for GET. For all else it commits when the page returns, whatever it returns,
    and leaves no trace when it raises.
    """

    database: Database
    clock: Clock
    settings: Settings

    def for_anyone(self, page: Page) -> Page:
        """Run a page for whoever calls, with a `Call`; to change something it must be a page of ours."""

        def run(call: Call, **ids: object) -> ResponseReturnValue:
            if request.method not in visitors.READING:
                visitors.require_same_origin()
            return page(call, **ids)

        return self._view(page, run)

    def apart(self, page: Page) -> Page:
        """Run a page for whoever calls, with their `Visitor` or None, that opens its transactions itself.

        Those that hash a password are such: a hash takes longer than a transaction may.
        """

        @wraps(page)
        def view(**ids: object) -> ResponseReturnValue:
            if request.method not in visitors.READING:
                visitors.require_same_origin()
            _require_text()
            with self.database.read() as session:
                found = _noted(visitors.visitor(session, now=self.clock()))
            return page(found, **ids)

        return view

    def for_workers(self, page: Page) -> Page:
        """Run a page for a worker who is signed in, with a `WorkerCall`; send others to sign in."""

        def run(call: Call, **ids: object) -> ResponseReturnValue:
            if call.visitor is None or call.visitor.worker is None:
                return to_sign_in(WORKERS_DOOR)
            return page(WorkerCall(call.session, call.now, call.visitor, call.visitor.worker), **ids)

        return self._view(page, run)

    def for_requesters(self, scope: str) -> Callable[[Page], Page]:
        """Run a page for a requester whose key has this scope, with a `RequesterCall`."""

        def decorate(page: Page) -> Page:
            def run(call: Call, **ids: object) -> ResponseReturnValue:
                if call.visitor is None or call.visitor.principal is None:
                    return to_sign_in(REQUESTERS_DOOR)
                call.visitor.principal.require(scope)
                return page(
                    RequesterCall(call.session, call.now, call.visitor, call.visitor.principal), **ids
                )

            return self._view(page, run)

        return decorate

    def dress(self, pages: Blueprint, *, problem: str) -> None:
        """Give a blueprint's templates `worker` and `csrf`; show its errors with the template `problem`."""
        pages.context_processor(_visitor)

        @pages.errorhandler(CrowdError)
        def show(error: CrowdError) -> ResponseReturnValue:
            headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
            return render_template(problem, error=error), error.status, headers

    def _view(self, page: Page, run: Page) -> Page:
        @wraps(page)
        def view(**ids: object) -> ResponseReturnValue:
            now = self.clock()

            def work(session: Session) -> ResponseReturnValue:
                _require_text()
                return run(Call(session, now, _noted(visitors.visitor(session, now=now))), **ids)

            return visitors.transaction(self.database, work, now=now)

        return view


def to_sign_in(door: str) -> Answer:
    """Send a visitor to sign in, and from there back to the page they came for."""
    here = request.full_path.removesuffix("?")
    back = f"?next={quote(here)}" if request.method in visitors.READING else ""
    return redirect(f"{request.script_root}{door}{back}", 303)


def _require_text() -> None:
    """Refuse a form with what is no text: one of the databases would not store it."""
    for name, value in request.form.items(multi=True):
        if "\0" in name + value:
            raise bad_input(name.replace("\0", ""), "holds a NUL character")


def _noted(found: Visitor | None) -> Visitor | None:
    # By its own name: after a transaction that failed, the worker's row cannot be read any more.
    g.worker_name = found.worker.name if found is not None and found.worker else None
    return found


def _visitor() -> dict[str, Any]:
    found = visitors.current()
    if found is None:
        return {"worker": None, "csrf": ""}
    return {"worker": g.get("worker_name"), "csrf": found.csrf}
