"""What every response tells the browser to refuse."""

from __future__ import annotations

from flask import Flask, Response, request

ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}
DATA = "default-src 'none'; frame-ancestors 'none'; sandbox"
OF_DATA = {"Content-Security-Policy": DATA, **ALWAYS, "Cache-Control": "no-store"}
PAGES = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_OURS = (
    "default-src 'none'; style-src 'self'; script-src 'self'; {media}; connect-src 'self'; "
    "frame-src {frames}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Pages with forms, for people who are signed in.
FORMS = _OURS.format(media="img-src 'self' data:", frames="'self'")
# Those among them that show what is asked about, as a requester gave it.
MEDIA = _OURS.format(media="img-src 'self' https: data:; media-src https: data:", frames="'self'")

WITH_FORMS = frozenset({"work", "console"})
WITH_MEDIA = frozenset({"work.label", "work.instructions", "work.test"})
# Pages for the frames of endpoints: the old header knows no way to say whose.
FRAMED = frozenset({"turk_pages"})
# Scripts that pages without an origin load: to a browser every page is a stranger to them.
FOR_ALL = "/elements/"


def around(origin: str) -> str:
    """Return the policy of a page of ours with another server's page inside, from https or this origin."""
    return _OURS.format(media="img-src 'self' data:", frames=f"'self' https: {origin}".strip())


def register(app: Flask) -> None:
    """Set the headers on every response of an application."""
    app.after_request(_secure)


def _secure(response: Response) -> Response:
    kind = response.mimetype
    wanted = {"Content-Security-Policy": _policy(kind), **ALWAYS}
    if kind == "text/html":
        # Without any referrer a browser sends `Origin: null` with a form, and we could not tell it is ours.
        wanted["Referrer-Policy"] = "same-origin"
    if request.blueprint in FRAMED:
        del wanted["X-Frame-Options"]
    if kind != "text/css":
        wanted["Cache-Control"] = "no-store"
    present = {name.lower() for name, _ in response.headers}
    for name, value in wanted.items():
        if name.lower() not in present:
            response.headers.add(name, value)
    if request.endpoint == "static" and FOR_ALL in request.path:
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _policy(kind: str | None) -> str:
    if kind != "text/html":
        return DATA
    if request.blueprint not in WITH_FORMS:
        return PAGES
    return MEDIA if request.endpoint in WITH_MEDIA else FORMS
