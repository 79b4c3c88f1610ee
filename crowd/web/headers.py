"""What every response tells the browser to refuse."""

from __future__ import annotations

from flask import Flask, Response

ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}
DATA = "default-src 'none'; frame-ancestors 'none'; sandbox"
PAGES = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def register(app: Flask) -> None:
    """Set the headers on every response of an application."""
    app.after_request(_secure)


def _secure(response: Response) -> Response:
    policy = PAGES if response.mimetype == "text/html" else DATA
    response.headers.setdefault("Content-Security-Policy", policy)
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if response.mimetype != "text/css":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
