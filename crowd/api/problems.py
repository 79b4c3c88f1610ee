"""Errors become `application/problem+json` (RFC 9457), or a page for whoever browses, in this one place."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, json, render_template, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import RequestRedirect

from crowd import __version__
from crowd.errors import CrowdError, TooMany

CONTENT_TYPE = "application/problem+json"
# What the body of an HTTP error says itself.
OWN_HEADERS = frozenset({"content-type", "content-length"})
RETRY_SECONDS = "2"
FOR_PROGRAMS = ("/api/", "/mturk")
# Where Flask's own words help nobody.
DETAILS: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "there is no such path; /api/v1/openapi.json lists all, /api/docs shows them",
    HTTPStatus.INTERNAL_SERVER_ERROR: "a fault in crowd; the log has it under this response's X-Request-Id",
}

log = structlog.get_logger("crowd.api")


def register(app: Flask) -> None:
    """Answer every error of an application as a problem."""
    app.register_error_handler(CrowdError, problem)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(OperationalError, _database_problem)


def problem(error: CrowdError) -> Response:
    """Return the response to an error that a user can understand."""
    response = _response(error.as_dict(), error.status)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http_problem(error: HTTPException) -> Any:  # noqa: ANN401 - whatever Flask takes for a response
    if isinstance(error, RequestRedirect):
        return error
    if isinstance(error, InternalServerError):
        log.error("unexpected", exc_info=error.original_exception or error)
    code = error.code or 500
    body = {"type": "about:blank", "title": HTTPStatus(code).phrase, "status": code}
    body["detail"] = DETAILS.get(code) or error.description
    response = (
        Response(render_template("pages/problem.html", version=__version__, **body), code)
        if _browsed()
        else _response(body, code)
    )
    # A 405 without its Allow header, or a 429 without Retry-After, would tell a client only half.
    response.headers.extend(
        (name, value) for name, value in error.get_headers() if name.lower() not in OWN_HEADERS
    )
    return response


def _browsed() -> bool:
    """Return whether a person with a browser asks for a page; programs say nothing, or JSON."""
    is_page = not request.path.startswith(FOR_PROGRAMS)
    return is_page and request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html"


def _database_problem(error: OperationalError) -> Response:
    log.error("database", exc_info=error)
    body = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "the database did not answer in time; nothing was stored, try again",
    }
    response = _response(body, 503)
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _response(body: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(body), status=status, content_type=CONTENT_TYPE)
