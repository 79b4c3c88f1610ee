"""Training sets over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response
from marshmallow import fields, validate

from crowd.api.access import Visit, admits, requires
from crowd.api.blueprint import Blueprint
from crowd.api.edge import edge
from crowd.api.fields import Schema, share, slug
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.db import Database
from crowd.models import TrainingSetVersion
from crowd.services import export, merge
from crowd.services.access import scope
from crowd.services.access.keys import Principal

blueprint = Blueprint("training sets", "The result: immutable versions whose rows name where they come from.")
TYPES = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


class NewVersion(Schema):
    """What is frozen, and under which name."""

    name = slug(load_default=merge.DEFAULT_NAME)
    min_confidence = share(load_default=0.0)


class VersionSchema(Schema):
    """One frozen version of a training set."""

    name = fields.String()
    number = fields.Integer()
    content_hash = fields.String()
    size = fields.Integer()
    manifest = fields.Dict()
    created_at = fields.DateTime()


class VersionPage(PageSchema):
    """A page of versions."""

    versions = fields.List(fields.Nested(VersionSchema))


class ExportQuery(Schema):
    """The form of an export."""

    format = fields.String(load_default="jsonl", validate=validate.OneOf(export.FORMATS))


@blueprint.on("POST", "/projects/<project>/training-sets")
@blueprint.takes(NewVersion)
@requires("write")
@blueprint.gives(201, VersionSchema)
def freeze_version(at: Visit, body: dict[str, Any], project: str) -> dict[str, Any]:
    """Freeze the labels known now into the next version; without news it is the version that is there."""
    row = scope.project(at.session, at.principal, project)
    return _whole(body["name"], merge.freeze(at.session, row, **body, now=at.now))


@blueprint.on("GET", "/projects/<project>/training-sets")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, VersionPage)
def list_versions(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List the versions of all training sets, newest first."""
    before = number(query["after"])
    row = scope.project(at.session, at.principal, project)
    found = [pair for pair in merge.versions(at.session, row) if before is None or pair[1].id < before]
    shown = page("versions", found, query["limit"], lambda pair: pair[1].id)
    return shown | {"versions": [_whole(*pair) for pair in shown["versions"]]}


@blueprint.on("GET", "/projects/<project>/training-sets/<name>/versions/<id:version>/export")
@blueprint.takes_query(ExportQuery)
@admits("read")
@blueprint.describes(
    responses={200: {"content": {name.partition(";")[0]: {"schema": {}} for name in TYPES.values()}}}
)
@blueprint.gives(200, description="The rows in the form asked for")
def export_version(
    caller: Principal, query: dict[str, Any], project: str, name: str, version: int
) -> Response:
    """Send a version as JSON Lines, CSV or Parquet, with the lineage of every row."""
    form, database = query["format"], edge().database
    with database.read() as session:
        version_id = scope.version(session, scope.project(session, caller, project), name, version).id
    file_name = f"{name}-{version}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response(_rows(database, version_id, form), content_type=TYPES[form], headers=headers)


def _rows(database: Database, version_id: int, form: str) -> Iterator[bytes]:
    # The view has returned by the time this runs: the rows are read in a snapshot of their own.
    with database.read() as session:
        yield from export.write(session, session.get_one(TrainingSetVersion, version_id), form)


def _whole(name: str, version: TrainingSetVersion) -> dict[str, Any]:
    columns = {column.name: getattr(version, column.name) for column in TrainingSetVersion.__table__.columns}
    return columns | {"name": name}
