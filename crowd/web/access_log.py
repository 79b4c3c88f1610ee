"""The log: one line for each request, without payloads and tokens, under an id the response carries too."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

HEADER = "X-Request-Id"
# What a client may call its request; anything else could forge a line.
GIVEN = re.compile(r"[A-Za-z0-9_-]{1,64}")

log = structlog.get_logger("crowd.access")


def register(app: Flask) -> None:
    """Log every request of an application."""
    app.before_request(_begin)
    app.after_request(_end)


def begin(given: str) -> str:
    """Begin a request under the id its client gave it, where that can be one; return the id."""
    request_id = given if GIVEN.fullmatch(given) else secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def note(method: str, rule: str | None, status: int, *, seconds: float) -> None:
    """Write the line of one request."""
    # The rule, not the path: a path may hold a page's token or an item's key.
    log.info("request", method=method, rule=rule, status=status, ms=round(seconds * 1000, 1))


def _begin() -> None:
    g.started, g.request_id = time.perf_counter(), begin(request.headers.get(HEADER, ""))


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    rule = request.url_rule.rule if request.url_rule else None
    note(request.method, rule, response.status_code, seconds=time.perf_counter() - g.started)
    return response
