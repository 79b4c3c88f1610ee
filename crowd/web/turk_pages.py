"""What endpoints of the MTurk protocol come to us for: pages for their frames, and their notifications."""

from __future__ import annotations

import secrets

import structlog
from flask import Blueprint, Response, request

from crowd import rendering
from crowd.channels.mturk.notices import SIGNATURE, confirm, own_secret
from crowd.clock import Clock, utc_now
from crowd.db import Database
from crowd.errors import CrowdError, TooLarge
from crowd.services.mturk import notices, shown
from crowd.services.mturk.notices import Confirmation, Post
from crowd.settings import Outlets

log = structlog.get_logger("crowd.mturk")

MOST_BYTES = 262_144  # of a notification: the services send no more
# No cookie, no origin of ours: the page stands in a stranger's frame, and only some may hold it.
POLICY = (
    "sandbox allow-scripts allow-forms; default-src 'none'; script-src 'nonce-{nonce}'; "
    "style-src 'unsafe-inline'; img-src https: data:; media-src https: data:; connect-src 'none'; "
    "form-action {hosts}; base-uri 'none'; frame-ancestors {hosts} https://*.mturk.com"
)


def blueprint(database: Database, clock: Clock, secret_key: str, outlets: Outlets) -> Blueprint:
    """Return the addresses that HITs and endpoints know; none of them reads or sets a cookie."""
    pages = Blueprint("turk_pages", __name__, url_prefix="/mturk")

    @pages.get("/pages/<token>")
    def page(token: str) -> Response:
        given = request.args
        assignment, worker = given.get("assignmentId", ""), given.get("workerId", "")
        try:
            found = database.transact(
                lambda session: shown.show(session, token, assignment=assignment, worker=worker, now=clock())
            )
        except CrowdError as error:
            return _plain(error.message, error.status)
        nonce = secrets.token_urlsafe(16)
        response = Response(rendering.turk_page(found.page, hosts=found.hosts, nonce=nonce))
        response.headers["Content-Security-Policy"] = POLICY.format(nonce=nonce, hosts=" ".join(found.hosts))
        return response

    @pages.post("/notices/<id:project>/<token>")
    def hear(project: int, token: str) -> Response:
        try:
            post = Post(_body(), request.headers.get(SIGNATURE, ""), own_secret, utc_now())
            asked = database.transact(
                lambda session: notices.hear(
                    session, project, token, post, secret_key=secret_key, now=clock()
                )
            )
        except CrowdError as error:
            return _plain(error.message, error.status)
        return _plain("heard", 200) if asked is None else _confirmed(asked, outlets)

    return pages


def _confirmed(asked: Confirmation, outlets: Outlets) -> Response:
    """Say yes to the topic of a project, outside of any transaction; it asks again where that fails."""
    try:
        confirm(asked.topic, asked.token, outlets)
    except Exception:
        log.exception("subscription not confirmed", topic=asked.topic)
        return _plain("could not be confirmed", 502)
    return _plain("confirmed", 200)


def _body() -> bytes:
    body = request.stream.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise TooLarge(f"a notification has at most {MOST_BYTES // 1024} KB")
    return body


def _plain(text: str, status: int) -> Response:
    response = Response(text, status, mimetype="text/plain")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors *"
    return response
