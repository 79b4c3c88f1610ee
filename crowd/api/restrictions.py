"""Who may not work, where and until when, over HTTP; and why."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Moment, Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.models import Project, Restriction, Worker
from crowd.models.worker import RESTRICTIONS
from crowd.services import roster
from crowd.services.access import scope
from crowd.services.people import eligibility

blueprint = Blueprint("restrictions", "Who may be given work, and what is against it.")


class NewRestriction(Schema):
    """What keeps a worker out of a project."""

    kind = fields.String(required=True, validate=validate.OneOf(RESTRICTIONS))
    reason = text(1000, shortest=1, required=True)
    until = Moment(load_default=None, allow_none=True, metadata=about("Null: until it is lifted."))


class RestrictionSchema(Schema):
    """What keeps a worker out of a project, or of all."""

    kind = fields.String()
    reason = fields.String()
    created_at = fields.DateTime()
    until = fields.DateTime(allow_none=True)


class KnownRestriction(RestrictionSchema):
    """What kept a worker out of a project, or of all (null)."""

    id = fields.Integer()
    project = fields.String(allow_none=True)
    lifted_at = fields.DateTime(allow_none=True)


class RestrictionPage(PageSchema):
    """A page of restrictions."""

    restrictions = fields.List(fields.Nested(KnownRestriction))


class ReasonSchema(Schema):
    """One thing that keeps a worker from a project."""

    code = fields.String(
        metadata=about(
            "channel, state, restriction, qualification, cap, day_cap, quiz (to be passed yet), quiz_cooling "
            "(again later) or quiz_failed"
        )
    )
    text = fields.String()


class EligibilitySchema(Schema):
    """Whether a worker may be given work of a project; all that is against it."""

    eligible = fields.Boolean()
    reasons = fields.List(fields.Nested(ReasonSchema))


class LiftedSchema(Schema):
    """How many restrictions ended."""

    lifted = fields.Integer()


@blueprint.on("POST", "/projects/<project>/workers/<worker>/restrictions")
@blueprint.takes(NewRestriction)
@requires("write")
@blueprint.gives(201, RestrictionSchema)
def restrict_worker(at: Visit, body: dict[str, Any], project: str, worker: str) -> Restriction:
    """Keep a worker out of a project; a page they hold may still be submitted."""
    row = scope.project(at.session, at.principal, project)
    return _restrict(at, scope.worker(at.session, at.principal, worker), row, body)


@blueprint.on("DELETE", "/projects/<project>/workers/<worker>/restrictions")
@requires("write")
@blueprint.gives(200, LiftedSchema)
def lift_restrictions(at: Visit, project: str, worker: str) -> dict[str, int]:
    """Let a worker back into a project."""
    row = scope.project(at.session, at.principal, project)
    person = scope.worker(at.session, at.principal, worker)
    return {"lifted": roster.lift(at.session, at.principal, person, row, now=at.now)}


@blueprint.on("GET", "/projects/<project>/workers/<worker>/eligibility")
@requires("read")
@blueprint.gives(200, EligibilitySchema)
def explain_eligibility(at: Visit, project: str, worker: str) -> dict[str, Any]:
    """Tell why a worker is, or is not, given work of a project."""
    row = scope.project(at.session, at.principal, project)
    person = scope.worker(at.session, at.principal, worker)
    found = eligibility.reasons(at.session, row, person, now=at.now)
    return {"eligible": not found, "reasons": found}


@blueprint.on("GET", "/workers/<worker>/restrictions")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, RestrictionPage)
def list_restrictions(at: Visit, query: dict[str, Any], worker: str) -> dict[str, Any]:
    """List all that ever kept a worker out, in the order it happened."""
    person, after = scope.worker(at.session, at.principal, worker), number(query["after"]) or 0
    found = roster.restrictions(at.session, person, after=after, limit=query["limit"] + 1)
    slugs = roster.slugs(at.session, at.principal)
    rows = [_known(row, slugs) for row in found]
    return page("restrictions", rows, query["limit"], lambda row: row["id"])


@blueprint.on("POST", "/workers/<worker>/restrictions")
@blueprint.takes(NewRestriction)
@requires("write")
@blueprint.gives(201, RestrictionSchema)
def restrict_worker_everywhere(at: Visit, body: dict[str, Any], worker: str) -> Restriction:
    """Keep a worker out of all projects; a ban signs them out as well."""
    at.principal.require_all_projects()
    return _restrict(at, scope.worker(at.session, at.principal, worker), None, body)


@blueprint.on("DELETE", "/workers/<worker>/restrictions")
@requires("write")
@blueprint.gives(200, LiftedSchema)
def lift_all_restrictions(at: Visit, worker: str) -> dict[str, int]:
    """End all restrictions of a worker, wherever they are."""
    person = scope.worker(at.session, at.principal, worker)
    return {"lifted": roster.lift(at.session, at.principal, person, None, now=at.now)}


def _restrict(at: Visit, worker: Worker, project: Project | None, body: dict[str, Any]) -> Restriction:
    return roster.restrict(
        at.session, worker, project=project, facts={}, **body, actor=at.principal.actor, now=at.now
    )


def _known(row: Restriction, slugs: dict[int, str]) -> dict[str, Any]:
    names = ("id", "kind", "reason", "created_at", "until", "lifted_at")
    return {name: getattr(row, name) for name in names} | {"project": slugs.get(row.project_id or 0)}
