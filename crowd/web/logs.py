"""The log: one line for each request, without payloads and tokens, under an id the response carries too."""

from __future__ import annotations

import re
import secrets
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, g, request

HEADER = "X-Request-Id"
# What a client may call its request; anything else could forge a line.
GIVEN = re.compile(r"[A-Za-z0-9_-]{1,64}")

_THOROUGH = structlog.dev.ConsoleRenderer(colors=False)
log = structlog.get_logger("crowd.access")


def configure(*, as_json: bool) -> None:
    """Send the log to standard error, as JSON or for people to read."""
    last = structlog.processors.JSONRenderer() if as_json else _readable
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *([structlog.processors.format_exc_info] if as_json else []),
            last,
        ],
        # Looked up at each line: standard error may be replaced, as tests do.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _readable(logger: object, name: str, event: MutableMapping[str, Any]) -> str:
    """Write a line for people; structlog's own way, for errors, takes longer than many a request."""
    if "exc_info" in event or "exception" in event:
        return _THOROUGH(logger, name, event)
    moment, level, what = event.pop("timestamp"), event.pop("level"), event.pop("event")
    return " ".join([moment, f"[{level}]", str(what), *(f"{key}={event[key]}" for key in sorted(event))])


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
