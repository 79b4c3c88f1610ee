"""The questions of a page, as a document without an origin: item content stays away from the session."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from crowd import rendering
from crowd.services import assign
from crowd.web.place import Place, WorkerCall


def register(pages: Blueprint, at: Place) -> None:
    """Add the document that the labeling page shows in its frame."""

    @pages.get("/pages/<token>/frame")
    @at.for_workers
    def frame(call: WorkerCall, token: str) -> ResponseReturnValue:
        nonce = secrets.token_urlsafe(16)
        page = assign.held(call.session, call.worker, token)
        return sandboxed(rendering.frame(page, nonce=nonce, host=""), nonce)


def sandboxed(document: str, nonce: str) -> Response:
    """Return a question page under the policy that shuts it in."""
    response = Response(document, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = rendering.policy(nonce)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"  # whoever keeps the media learns nothing of the page
    return response
