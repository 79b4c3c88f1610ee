"""The log goes to standard error: standard output belongs to what a command was asked for."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_THOROUGH = structlog.dev.ConsoleRenderer(colors=False)


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
