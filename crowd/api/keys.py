"""API keys over HTTP; a key is shown once, when it is made."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Moment, Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.models import ApiKey
from crowd.models.requester import SCOPES
from crowd.services.access import keys, scope

blueprint = Blueprint("keys", "Who may do what with this API.")


class NewKey(Schema):
    """A key to be made."""

    label = text(200, shortest=1, required=True)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES)),
        required=True,
        validate=validate.Length(min=1, max=len(SCOPES)),
    )
    project = fields.String(
        load_default=None, allow_none=True, metadata=about("The one project the key is for.")
    )
    expires_at = Moment(load_default=None, allow_none=True)


class KeySchema(Schema):
    """A key, without the secret."""

    id = fields.String(attribute="public_id")
    label = fields.String()
    scopes = fields.List(fields.String())
    created_at = fields.DateTime()
    expires_at = fields.DateTime(allow_none=True)
    revoked_at = fields.DateTime(allow_none=True)
    last_used_at = fields.DateTime(allow_none=True)


class MadeKey(KeySchema):
    """A key just made, with its secret."""

    key = fields.String(metadata=about("Never shown again."))


class KeyPage(PageSchema):
    """A page of keys."""

    keys = fields.List(fields.Nested(KeySchema))


@blueprint.on("POST", "/keys")
@blueprint.takes(NewKey)
@requires("admin")
@blueprint.gives(201, MadeKey)
def create_key(at: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """Make a key."""
    slug = body.pop("project")
    project = scope.project(at.session, at.principal, slug) if slug else None
    row, text_ = keys.create(at.session, at.principal, project=project, now=at.now, **body)
    return {column.name: getattr(row, column.name) for column in ApiKey.__table__.columns} | {"key": text_}


@blueprint.on("GET", "/keys")
@blueprint.takes_query(PageQuery)
@requires("admin")
@blueprint.gives(200, KeyPage)
def list_keys(at: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """List keys, newest first."""
    before = number(query["after"])
    found = [row for row in keys.of_requester(at.session, at.principal) if before is None or row.id < before]
    return page("keys", found, query["limit"], lambda row: row.id)


@blueprint.on("DELETE", "/keys/<key>")
@requires("admin")
@blueprint.gives(200, KeySchema)
def revoke_key(at: Visit, key: str) -> ApiKey:
    """End a key at once."""
    return keys.revoke(at.session, at.principal, key, now=at.now)
