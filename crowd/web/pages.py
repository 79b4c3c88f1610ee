"""The pages for everybody: how to call this server, whether it is well."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from crowd import __version__, migrations
from crowd.db import Database
from crowd.web.metrics import CONTENT_TYPE, Counters
from crowd.web.reference import Reference, reference


def blueprint(database: Database, counters: Counters, document: Callable[[], dict[str, Any]]) -> Blueprint:
    """Return the pages of an application; `document` gives its OpenAPI document."""
    pages = Blueprint("web", __name__)

    @cache
    def shown() -> Reference:
        return reference(document())

    @pages.get("/api/docs")
    def docs() -> str:
        return render_template("pages/docs.html", reference=shown(), version=__version__)

    @pages.get("/healthz")
    def health() -> Response:
        return _health(database)

    @pages.get("/metrics")
    def metrics() -> Response:
        return Response(counters.text(), content_type=CONTENT_TYPE)

    return pages


def _health(database: Database) -> Response:
    revision = migrations.current(database)
    is_current = revision == migrations.head()
    response = jsonify(status="ok" if is_current else "the schema is not current", schema=revision)
    response.status_code = 200 if is_current else 503
    return response
