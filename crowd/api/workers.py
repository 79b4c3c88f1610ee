"""Workers over HTTP, as a requester sees them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema, text
from crowd.api.paging import PageQuery, PageSchema, page
from crowd.models import Restriction
from crowd.models.worker import RESTRICTIONS
from crowd.services import roster, scope

blueprint = Blueprint("workers", "Who answers, how well, and who may not.")


class NewWorker(Schema):
    """A person of the requester's own pool."""

    name = text(200, shortest=1, required=True)


class InvitedSchema(Schema):
    """An invited worker, with the token to work with; it is never shown again."""

    worker = fields.String()
    token = fields.String()


class NewRestriction(Schema):
    """What keeps a worker out of a project."""

    kind = fields.String(required=True, validate=validate.OneOf(RESTRICTIONS))
    reason = text(1000, shortest=1, required=True)


class RestrictionSchema(Schema):
    """What keeps a worker out of a project."""

    kind = fields.String()
    reason = fields.String()
    created_at = fields.DateTime()


class SkillSchema(Schema):
    """How often a worker is right, by what gold says: an estimate with its 90 % interval."""

    value = fields.Float()
    low = fields.Float()
    high = fields.Float()
    evidence = fields.Float()


class WorkerSchema(Schema):
    """What a project knows of one worker."""

    worker = fields.String(attribute="worker.pseudonym")
    channel = fields.String(attribute="worker.channel")
    name = fields.String(attribute="worker.name")
    answers = fields.Integer()
    graded = fields.Integer()
    correct = fields.Integer()
    skill = fields.Nested(SkillSchema, allow_none=True)
    restriction = fields.Nested(RestrictionSchema, allow_none=True)


class WorkerPage(PageSchema):
    """A page of workers."""

    workers = fields.List(fields.Nested(WorkerSchema))


class LiftedSchema(Schema):
    """How many restrictions ended."""

    lifted = fields.Integer()


@blueprint.on("POST", "/workers")
@blueprint.takes(NewWorker)
@requires("write")
@blueprint.gives(201, InvitedSchema)
def invite_worker(at: Visit, body: dict[str, Any]) -> dict[str, str]:
    """Add a person to the pool; they see all of the requester's projects, so a key for one cannot do this."""
    worker, token = roster.invite(at.session, at.principal, name=body["name"], now=at.now)
    return {"worker": worker.pseudonym, "token": token}


@blueprint.on("GET", "/projects/<project>/workers")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, WorkerPage)
def list_workers(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List by pseudonym those who have answered in a project."""
    known = roster.summaries(at.session, scope.project(at.session, at.principal, project))
    known = [summary for summary in known if summary.worker.pseudonym > query["after"]]
    known.sort(key=lambda summary: summary.worker.pseudonym)
    return page("workers", known, query["limit"], lambda summary: summary.worker.pseudonym)


@blueprint.on("POST", "/projects/<project>/workers/<worker>/restrictions")
@blueprint.takes(NewRestriction)
@requires("write")
@blueprint.gives(201, RestrictionSchema)
def restrict_worker(at: Visit, body: dict[str, Any], project: str, worker: str) -> Restriction:
    """Keep a worker out of a project; a page they hold may still be submitted."""
    return roster.restrict(
        at.session,
        project=scope.project(at.session, at.principal, project),
        worker=scope.worker(at.session, at.principal, worker),
        kind=body["kind"],
        reason=body["reason"],
        facts={},
        actor=at.principal.actor,
        now=at.now,
    )


@blueprint.on("DELETE", "/projects/<project>/workers/<worker>/restrictions")
@requires("write")
@blueprint.gives(200, LiftedSchema)
def lift_restrictions(at: Visit, project: str, worker: str) -> dict[str, int]:
    """Let a worker back into a project."""
    row = scope.project(at.session, at.principal, project)
    person = scope.worker(at.session, at.principal, worker)
    return {"lifted": roster.lift(at.session, at.principal, person, row, now=at.now)}
