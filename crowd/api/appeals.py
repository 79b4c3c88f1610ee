"""What a worker contests over HTTP: a rejected page, or being kept out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import WorkerVisit, requires_worker
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema, about, text
from crowd.services.experts import appeals
from crowd.services.experts.appeals import LONGEST, Grievance

blueprint = Blueprint("appeals", "For workers: contest a rejection or a restriction.")


class AppealSchema(Schema):
    """Something a worker may contest, and what became of it."""

    what = fields.String(metadata=about("page or restriction"))
    name = fields.String(metadata=about("By which an appeal names it."))
    kind = fields.String(metadata=about("rejected, suspended or banned; overturned or lifted since"))
    project = fields.String(allow_none=True, metadata=about("Its title; null: in all projects."))
    at = fields.DateTime()
    until = fields.DateTime(allow_none=True)
    text = fields.String(allow_none=True, metadata=about("Of the appeal; null: none was filed."))
    outcome = fields.String(allow_none=True, metadata=about("upheld or declined; null while it is open"))
    note = fields.String(allow_none=True, metadata=about("What the reviewer says to it."))


class AppealList(Schema):
    """All that a worker may contest or has contested, newest first."""

    appeals = fields.List(fields.Nested(AppealSchema))


class NewAppeal(Schema):
    """An appeal."""

    what = fields.String(required=True, validate=validate.OneOf(("page", "restriction")))
    name = text(200, shortest=1, required=True)
    text = text(LONGEST, shortest=1, required=True)


@blueprint.on("GET", "/work/appeals")
@requires_worker
@blueprint.gives(200, AppealList)
def list_appeals(at: WorkerVisit) -> dict[str, Any]:
    """List what this worker may contest, and what became of their appeals."""
    return {"appeals": [_shown(each) for each in appeals.grievances(at.session, at.worker, now=at.now)]}


@blueprint.on("POST", "/work/appeals")
@blueprint.takes(NewAppeal)
@requires_worker
@blueprint.gives(201, AppealSchema)
def file_appeal(at: WorkerVisit, body: dict[str, Any]) -> dict[str, Any]:
    """Contest a rejected page or a restriction, once; a reviewer answers with a message."""
    case = appeals.file(at.session, at.worker, body["what"], body["name"], body["text"], now=at.now)
    found = appeals.grievances(at.session, at.worker, now=at.now)
    return next(_shown(each) for each in found if each.appeal is not None and each.appeal.id == case.id)


def _shown(each: Grievance) -> dict[str, Any]:
    names = ("what", "name", "kind", "project", "at", "until")
    said = {name: getattr(each.appeal, name, None) for name in ("text", "outcome", "note")}
    return {name: getattr(each, name) for name in names} | said
