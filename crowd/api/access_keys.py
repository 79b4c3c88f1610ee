"""Key pairs for programs of the MTurk protocol, over HTTP; a secret is shown once, when it is made."""

from __future__ import annotations

from typing import Any

from flask import current_app
from marshmallow import fields

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.edge import edge
from crowd.api.fields import Moment, Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.models.market import AccessKey
from crowd.services.market import access

blueprint = Blueprint("mturk-keys", "Key pairs that programs of the MTurk protocol sign with, at /mturk.")


class NewAccessKey(Schema):
    """A key pair to be made; it is for all of the requester's HITs."""

    label = text(200, shortest=1, required=True)
    expires_at = Moment(load_default=None, allow_none=True)


class AccessKeySchema(Schema):
    """A key pair, without the secret."""

    id = fields.String(attribute="access_key_id", metadata=about("AWS_ACCESS_KEY_ID."))
    label = fields.String()
    created_at = fields.DateTime()
    expires_at = fields.DateTime(allow_none=True)
    revoked_at = fields.DateTime(allow_none=True)
    last_used_at = fields.DateTime(allow_none=True)


class MadeAccessKey(AccessKeySchema):
    """A key pair just made, with its secret."""

    secret = fields.String(metadata=about("AWS_SECRET_ACCESS_KEY; never shown again."))


class AccessKeyPage(PageSchema):
    """A page of key pairs."""

    keys = fields.List(fields.Nested(AccessKeySchema))


@blueprint.on("POST", "/mturk-keys")
@blueprint.takes(NewAccessKey)
@requires("admin")
@blueprint.gives(201, MadeAccessKey)
def create_access_key(at: Visit, body: dict[str, Any]) -> dict[str, Any]:
    """Make a key pair for programs of the MTurk protocol."""
    row, secret = access.create_key(
        at.session,
        at.principal,
        secret_key=str(current_app.secret_key),
        profile=edge().settings.market,
        now=at.now,
        **body,
    )
    return {column.name: getattr(row, column.name) for column in AccessKey.__table__.columns} | {
        "secret": secret
    }


@blueprint.on("GET", "/mturk-keys")
@blueprint.takes_query(PageQuery)
@requires("admin")
@blueprint.gives(200, AccessKeyPage)
def list_access_keys(at: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """List key pairs, newest first."""
    before = number(query["after"])
    known = access.of_requester(at.session, at.principal)
    found = [row for row in known if before is None or row.id < before]
    return page("keys", found, query["limit"], lambda row: row.id)


@blueprint.on("DELETE", "/mturk-keys/<access_key>")
@requires("admin")
@blueprint.gives(200, AccessKeySchema)
def revoke_access_key(at: Visit, access_key: str) -> AccessKey:
    """End a key pair at once; HITs that are out stay."""
    return access.revoke(at.session, at.principal, access_key, now=at.now)
