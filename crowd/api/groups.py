"""Groups of workers over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema
from crowd.api.paging import PageQuery, PageSchema, page
from crowd.services.access import scope
from crowd.services.people import groups

blueprint = Blueprint("groups", "Workers by what they have in common; qualifications name groups.")


class GroupSchema(Schema):
    """A group, with how many belong to it."""

    group = fields.String()
    workers = fields.Integer()


class GroupPage(PageSchema):
    """A page of groups."""

    groups = fields.List(fields.Nested(GroupSchema))


class MemberPage(PageSchema):
    """A page of pseudonyms."""

    workers = fields.List(fields.String())


class GroupChange(Schema):
    """How many workers came or went."""

    changed = fields.Integer()


@blueprint.on("GET", "/groups")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, GroupPage)
def list_groups(at: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """List groups by name."""
    sizes = groups.sizes(at.session, at.principal)
    rows = [{"group": name, "workers": n} for name, n in sizes.items() if name > query["after"]]
    return page("groups", rows, query["limit"], lambda row: row["group"])


@blueprint.on("GET", "/groups/<group>/workers")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, MemberPage)
def list_members(at: Visit, query: dict[str, Any], group: str) -> dict[str, Any]:
    """List who belongs to a group."""
    found = [worker.pseudonym for worker in groups.members(at.session, at.principal, group)]
    rows = [pseudonym for pseudonym in found if pseudonym > query["after"]]
    return page("workers", rows, query["limit"], str)


@blueprint.on("PUT", "/groups/<group>/workers/<worker>")
@requires("write")
@blueprint.gives(200, GroupChange)
def add_member(at: Visit, group: str, worker: str) -> dict[str, int]:
    """Put a worker into a group; the first member makes it."""
    person = scope.worker(at.session, at.principal, worker)
    return {"changed": groups.add(at.session, at.principal, group, [person], now=at.now)}


@blueprint.on("DELETE", "/groups/<group>/workers/<worker>")
@requires("write")
@blueprint.gives(200, GroupChange)
def remove_member(at: Visit, group: str, worker: str) -> dict[str, int]:
    """Take a worker out of a group."""
    person = scope.worker(at.session, at.principal, worker)
    return {"changed": groups.remove(at.session, at.principal, group, [person], now=at.now)}
