"""How requesters come in and go, and what they see first."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from crowd import __version__, visitors
from crowd.errors import Unauthorized
from crowd.services.access import keys, sessions
from crowd.services.access.keys import Principal
from crowd.services.reports import browse
from crowd.services.setup import projects
from crowd.web.headers import PAGES
from crowd.web.place import Call, Place

SHOWN = 200


def register(pages: Blueprint, at: Place) -> None:
    """Add the first page and the door."""

    @pages.get("/")
    @at.for_anyone
    def home(call: Call) -> ResponseReturnValue:
        if call.visitor is None or call.visitor.principal is None:
            response = make_response(render_template("pages/home.html", version=__version__))
            response.headers["Content-Security-Policy"] = PAGES
            return response
        return render_template("console/projects.html", projects=_overviews(call, call.visitor.principal))

    @pages.get("/signin", endpoint="signin")
    @at.for_anyone
    def show_sign_in(call: Call) -> ResponseReturnValue:
        if call.visitor is not None and call.visitor.principal is not None:
            return redirect(_next_path(), 303)
        return render_template("console/signin.html", next=_next_path())

    @pages.post("/signin")
    @at.for_anyone
    def sign_in(call: Call) -> ResponseReturnValue:
        try:
            key, _ = keys.authenticate(call.session, request.form.get("key", ""), now=call.now)
        except Unauthorized as error:
            shown = render_template("console/signin.html", next=_next_path(), problem=error.message)
            return shown, error.status
        _leave(call)
        response = make_response(redirect(_next_path(), 303))
        visitors.set_cookie(response, sessions.open_for_key(call.session, key, now=call.now))
        return response

    @pages.post("/signout")
    @at.for_anyone
    def sign_out(call: Call) -> ResponseReturnValue:
        _leave(call)
        response = make_response(redirect("/", 303))
        visitors.clear_cookie(response)
        return response


def _overviews(call: Call, principal: Principal) -> list[tuple[object, projects.Overview]]:
    found = browse.projects(call.session, principal, limit=SHOWN)
    return [(row, projects.overview(call.session, row)) for row in found]


def _leave(call: Call) -> None:
    if (cookie := visitors.cookie()) is not None:
        sessions.close(call.session, cookie, now=call.now)


def _next_path() -> str:
    return visitors.own_path(request.values.get("next", ""), default="/")
