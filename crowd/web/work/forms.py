"""Forms for signing in: they come back with what was typed and with what is wrong about it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from crowd import visitors
from crowd.errors import CrowdError, TooMany
from crowd.services.people.door import Door
from crowd.web.place import Place

HOME = "/work/"


def door(at: Place) -> Door:
    """Return the door of this application."""
    return Door(at.database, at.clock, str(current_app.secret_key))


def address() -> str:
    """Return where the request comes from, as far as the proxies before us are believed."""
    return request.remote_addr or "unknown"


def next_path() -> str:
    """Return the page a worker came for before they were sent to sign in."""
    path = visitors.own_path(request.values.get("next", ""), default=HOME)
    return path if path.startswith(HOME) else HOME


def let_in(cookie: str, path: str = HOME) -> Response:
    """Give a browser its session, and go on."""
    response = make_response(redirect(path, 303))
    visitors.set_cookie(response, cookie)
    return response


def filled(template: str, send: Callable[[], ResponseReturnValue], **shown: object) -> ResponseReturnValue:
    """Do what a form asks; where that is refused, show the form again and why."""
    try:
        return send()
    except CrowdError as error:
        headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooMany) else {}
        faults = {problem.where: problem.message for problem in error.problems}
        summary = "" if faults else error.message
        return render_template(template, faults=faults, summary=summary, **shown), error.status, headers
