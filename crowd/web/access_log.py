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


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    g.started, g.request_id = time.perf_counter(), given if GIVEN.fullmatch(given) else secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    # The rule, not the path: a path may hold a page's token or an item's key.
    rule = request.url_rule.rule if request.url_rule else None
    milliseconds = round((time.perf_counter() - g.started) * 1000, 1)
    log.info("request", method=request.method, rule=rule, status=response.status_code, ms=milliseconds)
    return response
