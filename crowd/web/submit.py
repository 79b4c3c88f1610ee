"""`/mturk/externalSubmit`: where the page of a program's HIT posts a worker's answers."""

from __future__ import annotations

import hmac
import secrets

from flask import Blueprint, Response, current_app, render_template, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from crowd.clock import Clock
from crowd.db import Database
from crowd.errors import CrowdError, TooLarge
from crowd.services.access import attempts
from crowd.services.market import work
from crowd.settings import Settings

MOST_BYTES = 8 * 2**20
MOST_FIELDS = 10_000
# Nothing on it can be clicked, so any page may hold it: a requester's own may have a frame inside ours.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; "
    "frame-ancestors *"
)

Fields = list[tuple[str, str]]


def blueprint(database: Database, clock: Clock, settings: Settings) -> Blueprint:
    """Return the one address that needs no cookie: whoever knows an assignment's id may hand it in."""
    pages = Blueprint("submit", __name__, url_prefix="/mturk")

    @pages.post("/externalSubmit")
    def receive() -> Response:
        try:
            external_id, fields = _read()
            _count(database, external_id, clock, settings)
            database.transact(lambda session: work.submit(session, external_id, fields, now=clock()))
        except CrowdError as error:
            return _reply(error=error)
        return _reply(assignment=external_id)

    return pages


def receipt(assignment: str) -> str:
    """Return what only this server can say of an assignment that was handed in.

    The page in a worker's frame knows the assignment's id, and could claim anything in our reply's place.
    """
    secret = str(current_app.secret_key).encode()
    return hmac.digest(secret, f"handed in:{assignment}".encode(), "sha256").hex()


def _read() -> tuple[str, Fields]:
    """Return the assignment's id, and every field in the order of the form."""
    request.max_content_length = request.max_form_memory_size = MOST_BYTES
    request.max_form_parts = MOST_FIELDS
    try:
        fields = list(request.form.items(multi=True))
    except RequestEntityTooLarge as error:
        raise TooLarge(f"these answers are larger than {MOST_BYTES // 2**20} MB") from error
    return request.form.get("assignmentId") or request.args.get("assignmentId", ""), fields


def _count(database: Database, external_id: str, clock: Clock, settings: Settings) -> None:
    """Count the attempt for the worker whose assignment it is; nobody else can guess an id."""
    now = clock()
    if not settings.submits_per_minute or external_id in ("", work.PREVIEW_ID):
        return
    with database.read() as session:
        who = str(work.held(session, external_id).worker_id)

    def note(session: Session) -> None:
        attempts.count(session, attempts.submissions(settings.submits_per_minute), who, now=now)

    # Apart from what it guards: an attempt counts whether or not it comes to anything.
    database.transact(note)


def _reply(*, assignment: str = "", error: CrowdError | None = None) -> Response:
    nonce = secrets.token_urlsafe(16)
    document = render_template(
        "work/market/received.html", receipt=receipt(assignment), error=error, nonce=nonce
    )
    response = Response(document, 200 if error is None else error.status)
    response.headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    return response
