"""Erasing a worker over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema, about
from crowd.services import erasure
from crowd.services.access import scope

blueprint = Blueprint("erasure", "A worker is forgotten; what they did stays under the pseudonym.")


class Confirmation(Schema):
    """That it is meant."""

    confirm = fields.Boolean(
        required=True,
        truthy={True},
        falsy={False},
        validate=validate.Equal(comparable=True),
        metadata={"enum": [True], **about("It cannot be taken back.")},
    )


class ErasedSchema(Schema):
    """What was removed with the name; notes are counted, they stay."""

    worker = fields.String()
    accounts = fields.Integer()
    invitations = fields.Integer()
    sessions = fields.Integer()
    tokens = fields.Integer()
    messages = fields.Integer()
    appeals = fields.Integer()
    endpoint_ids = fields.Integer(metadata=about("Rows that named them as endpoints and programs know them."))
    notes = fields.Integer()


class NoteSchema(Schema):
    """Words of a worker beside an answer, a skipped question, or on a page that was not taken in."""

    project = fields.String()
    item = fields.String(allow_none=True)
    kind = fields.String()
    text = fields.String()
    created_at = fields.DateTime()


class NoteList(Schema):
    """All notes of a worker."""

    notes = fields.List(fields.Nested(NoteSchema))


@blueprint.on("POST", "/workers/<worker>/erasure")
@blueprint.takes(Confirmation)
@requires("admin")
@blueprint.gives(200, ErasedSchema)
def erase_worker(at: Visit, body: dict[str, Any], worker: str) -> erasure.Erased:  # noqa: ARG001 - checked on the way in
    """Remove a worker's name, account, links, sessions, tokens and the text of all messages and appeals."""
    person = scope.worker(at.session, at.principal, worker)
    return erasure.erase(at.session, at.principal, person, now=at.now)


@blueprint.on("GET", "/workers/<worker>/notes")
@requires("read")
@blueprint.gives(200, NoteList)
def list_notes(at: Visit, worker: str) -> dict[str, Any]:
    """List what a worker wrote beside answers and skipped questions."""
    at.principal.require_all_projects()
    return {"notes": list(erasure.notes(at.session, scope.worker(at.session, at.principal, worker)))}
