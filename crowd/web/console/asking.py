"""What sets a project going: a batch of questions, a turn of the loop, the money it may cost."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from crowd.errors import BudgetExceeded, Conflict, Unprocessable, bad_input
from crowd.services import asking, loop
from crowd.services.access import scope
from crowd.services.access.sessions import Visitor
from crowd.services.setup import projects
from crowd.web.console.project import shown
from crowd.web.place import REQUESTERS_DOOR, Place, RequesterCall, to_sign_in
from workers.money import to_micros

MOST_ITEMS = 2**30


def register(pages: Blueprint, at: Place) -> None:
    """Add the forms of a project's page that cost money."""

    @pages.post("/projects/<slug>/batches", endpoint="ask")
    @at.for_requesters("spend")
    def ask(call: RequesterCall, slug: str) -> ResponseReturnValue:
        project = scope.project(call.session, call.principal, slug)
        try:
            # Refused halfway it must leave nothing behind: this page commits whatever it returns.
            with call.session.begin_nested():
                asking.ask(call.session, project, size=_size(), now=call.now)
        except (Unprocessable, Conflict, BudgetExceeded) as error:
            return shown(call, project, refused=error.message), error.status
        return redirect(url_for("console.project", slug=slug), 303)

    @pages.post("/projects/<slug>/budget", endpoint="budget")
    @at.for_requesters("spend")
    def budget(call: RequesterCall, slug: str) -> ResponseReturnValue:
        project = scope.project(call.session, call.principal, slug)
        try:
            with call.session.begin_nested():
                projects.set_cap(call.session, call.principal, project, _cap(), now=call.now)
        except (Unprocessable, Conflict) as error:
            return shown(call, project, refused=error.message), error.status
        return redirect(url_for("console.project", slug=slug, _anchor="money"), 303)

    @pages.post("/projects/<slug>/step", endpoint="step")
    @at.apart
    def step(visitor: Visitor | None, slug: str) -> ResponseReturnValue:
        # A turn is many transactions; what a channel did is on record before the next begins.
        if visitor is None or visitor.principal is None:
            return to_sign_in(REQUESTERS_DOOR)
        visitor.principal.require("spend")
        with at.database.read() as session:
            project = scope.project(session, visitor.principal, slug)
        turn = loop.step(at.database, project.id, clock=at.clock)
        with at.database.read() as session:
            call = RequesterCall(session, at.clock(), visitor, visitor.principal)
            return shown(call, scope.project(session, visitor.principal, slug), turn=turn)


def _size() -> int | None:
    """Return how many items the form says; None where it leaves that to the project."""
    size = request.form.get("size", "").strip()
    if size and not (size.isascii() and size.isdigit() and len(size) < 10 and 0 < int(size) <= MOST_ITEMS):
        raise bad_input("size", "must be a whole number of items from 1, or empty")
    return int(size) if size else None


def _cap() -> int:
    try:
        return to_micros(request.form.get("cap", "").strip())
    except ValueError as error:
        raise bad_input("cap", str(error)) from None
