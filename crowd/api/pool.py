"""All of a requester's workers over HTTP: invited, listed, taken out as a table."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from crowd.api.access import Visit, admits, requires
from crowd.api.blueprint import Blueprint
from crowd.api.bodies import CSV
from crowd.api.downloads import DOCUMENTED, FormatQuery, download
from crowd.api.edge import edge
from crowd.api.fields import Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, page
from crowd.api.restrictions import RestrictionSchema
from crowd.services.access import scope
from crowd.services.access.keys import Principal
from crowd.services.people import groups, guest_list, invitations, pool
from crowd.services.people.pool import COLUMNS
from crowd.tables.people import LONGEST, PersonRow, check_people, read_people

blueprint = Blueprint("pool", "The requester's own workers, whether or not they have answered yet.")


class NewPerson(Schema):
    """Somebody to be invited."""

    name = text(LONGEST, shortest=1, required=True)
    groups = fields.List(text(63, shortest=1), load_default=list, validate=validate.Length(max=50))


class NewPeople(Schema):
    """Everyone to be invited."""

    people = fields.List(fields.Nested(NewPerson), required=True, validate=validate.Length(min=1))


class InvitationSchema(Schema):
    """An invitation; its link is never shown again."""

    name = fields.String()
    worker = fields.String()
    path = fields.String(metadata=about("Opened by the worker, after this server's address; good once."))


class InvitationList(Schema):
    """The invitations, in the order they were asked for."""

    invitations = fields.List(fields.Nested(InvitationSchema))


class PoolQuery(PageQuery):
    """Which workers."""

    group = fields.String(load_default=None, metadata=about("Only those who belong to it."))


class MemberSchema(Schema):
    """A worker of the pool."""

    worker = fields.String(attribute="worker.pseudonym")
    name = fields.String(attribute="worker.name")
    channel = fields.String(attribute="worker.channel")
    groups = fields.List(fields.String())
    answers = fields.Integer()
    last_answer_at = fields.DateTime(allow_none=True)
    signs_in = fields.Boolean(metadata=about("Whether they have made an account."))
    restrictions = fields.List(fields.Nested(RestrictionSchema), metadata=about("Those in force."))
    created_at = fields.DateTime(attribute="worker.created_at")
    erased_at = fields.DateTime(attribute="worker.erased_at", allow_none=True)


class PoolPage(PageSchema):
    """A page of the pool."""

    workers = fields.List(fields.Nested(MemberSchema))


class PoolExportQuery(FormatQuery):
    """In which form, and whether with the names."""

    names = fields.Boolean(load_default=False, metadata=about("Names leave too; the audit chain says so."))


def rows(body: dict[str, Any]) -> list[PersonRow]:
    """Return the people of a JSON body."""
    found = [
        PersonRow(row["name"].strip(), tuple(row["groups"]), f"people[{number}]")
        for number, row in enumerate(body["people"])
    ]
    check_people(found, what="people")
    return found


def path(token: str) -> str:
    """Return where an invited worker makes an account."""
    return f"/work/invitations/{token}"


@blueprint.on("POST", "/workers/invitations")
@blueprint.takes_table(NewPeople, read_people, rows, kinds=(CSV,))
@requires("write")
@blueprint.gives(201, InvitationList)
def invite_people(at: Visit, body: list[PersonRow]) -> dict[str, Any]:
    """Invite people to make accounts: all or, where any cannot be, none.

    CSV holds `name` and, if wanted, `groups` separated by spaces.
    """
    invited = guest_list.invite_all(at.session, at.principal, body, now=at.now)
    return {
        "invitations": [
            {"name": each.name, "worker": each.pseudonym, "path": path(each.token)} for each in invited
        ]
    }


@blueprint.on("POST", "/workers/<worker>/invitations")
@requires("write")
@blueprint.gives(201, InvitationSchema)
def renew_invitation(at: Visit, worker: str) -> dict[str, str]:
    """Make a new link for a worker who has lost the last one, or their password; earlier links end."""
    person = scope.worker(at.session, at.principal, worker)
    token = invitations.renew(at.session, at.principal, person, now=at.now)
    return {"name": person.name, "worker": person.pseudonym, "path": path(token)}


@blueprint.on("GET", "/workers")
@blueprint.takes_query(PoolQuery)
@requires("read")
@blueprint.gives(200, PoolPage)
def list_pool(at: Visit, query: dict[str, Any]) -> dict[str, Any]:
    """List workers by pseudonym, those who have not answered yet included."""
    if query["group"] is not None:
        groups.members(at.session, at.principal, query["group"])
    found = pool.members(
        at.session,
        at.principal,
        group=query["group"],
        after=query["after"],
        limit=query["limit"] + 1,
        now=at.now,
    )
    return page("workers", found, query["limit"], lambda member: member.worker.pseudonym)


@blueprint.on("GET", "/workers/export")
@blueprint.takes_query(PoolExportQuery)
@admits("read")
@blueprint.describes(responses={200: {"description": "The workers.", **DOCUMENTED}})
def export_pool(caller: Principal, query: dict[str, Any]) -> Response:
    """Write the workers, by pseudonym; their names only where they are asked for, which is put on record."""
    caller.require_all_projects()
    names, now = query["names"], edge().clock()
    if names:
        edge().database.transact(lambda session: pool.note_names(session, caller, now=now))
    columns = (COLUMNS[0], *(("name",) if names else ()), *COLUMNS[1:])
    return download(
        "workers", query["format"], columns, lambda session: pool.lines(session, caller, names=names, now=now)
    )
