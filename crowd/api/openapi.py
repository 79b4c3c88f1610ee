"""The OpenAPI document: our problems for errors, and who may call what."""

from __future__ import annotations

from http import HTTPStatus
from threading import Lock
from typing import Any

import flask_smorest  # type: ignore[import-untyped]
import marshmallow as ma
from flask import Flask, Response, jsonify
from flask_smorest.utils import prepare_response  # type: ignore[import-untyped]
from marshmallow import fields

from crowd.api.access import WORKER
from crowd.api.fields import Dollars
from crowd.api.problems import CONTENT_TYPE
from crowd.api.replies import HEADER, LONGEST
from crowd.visitors import HEADER as TOKEN
from crowd.visitors import SECURE_COOKIE

DESCRIPTION = (
    "Requesters make projects, import items and gold, ask about them and read labels; workers claim pages "
    "and submit answers. Amounts of money are text in dollars. Errors are problems (RFC 9457)."
)
SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "A requester's API key, `cw_…`."},
    "worker": {"type": "http", "scheme": "bearer", "description": "A worker's token, `cww_…`."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SECURE_COOKIE,
        "description": f"Whoever is signed in by a browser; what changes something also needs `{TOKEN}`.",
    },
}
IDEMPOTENCY = {
    "name": HEADER,
    "in": "header",
    "description": "Repeat a request under the same key and get the same reply; nothing happens twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[ -~]+$"},
}


class Fault(ma.Schema):
    """One fault in what was sent."""

    where = fields.String()
    message = fields.String()


class ProblemSchema(ma.Schema):
    """What every error says."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    errors = fields.List(fields.Nested(Fault))


class Api(flask_smorest.Api):  # type: ignore[misc]
    """The documented API; errors are left to `crowd.api.problems`.

    The document is written when it is first asked for: that takes as long as all else a start does.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        self._writing = Lock()
        self._undocumented: list[flask_smorest.Blueprint] = []
        self._knows_problems = False
        super().__init__(app, spec_kwargs={"info": {"description": DESCRIPTION}})
        self.register_field(Dollars, "string", None)
        for name, scheme in SCHEMES.items():
            self.spec.components.security_scheme(name, scheme)
        self.spec.components.parameter("IdempotencyKey", "header", IDEMPOTENCY)

    def register_blueprint(self, blueprint: flask_smorest.Blueprint) -> None:
        """Hang the views of a blueprint on the application."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._undocumented.append(blueprint)

    def document(self) -> dict[str, Any]:
        """Return the document of all that was registered."""
        with self._writing:
            if not self._knows_problems:
                self._document_problems()
            while self._undocumented:
                blueprint = self._undocumented.pop(0)
                name = blueprint.name
                blueprint.register_views_in_doc(self, self._app, self.spec, name=name, parameters=None)
                self.spec.tag({"name": name, "description": blueprint.description})
            written: dict[str, Any] = self.spec.to_dict()
            return written

    def _openapi_json(self) -> Response:
        return jsonify(self.document())

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        pass

    def _document_problems(self) -> None:
        for status in HTTPStatus:
            self._register_problem(status.name, status.phrase)
        self._register_problem("DEFAULT_ERROR", "What went wrong")
        self._knows_problems = True

    def _register_problem(self, name: str, description: str) -> None:
        response = {"description": description, "schema": ProblemSchema}
        prepare_response(response, self.spec, CONTENT_TYPE)
        self.spec.components.response(name, response, lazy=True)


def document_access(doc: dict[str, Any], info: dict[str, Any], *, method: str, **_: Any) -> dict[str, Any]:  # noqa: ANN401
    """Add to an operation who may call it, and that it can be repeated safely."""
    access = info["access"]
    doc["security"] = [{"worker" if access["scope"] == WORKER else "key": []}, {"session": []}]
    doc["x-scope"] = access["scope"]
    if method == "post" and access["repeatable"]:
        doc.setdefault("parameters", []).append("IdempotencyKey")
    return doc
