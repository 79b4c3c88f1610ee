"""Workers over HTTP, as a requester sees them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema, about, text
from crowd.api.paging import PageQuery, PageSchema, page
from crowd.api.restrictions import RestrictionSchema
from crowd.services import quality, roster
from crowd.services.access import scope
from crowd.services.people import pool

blueprint = Blueprint("workers", "Who answers, how well, and who may not.")


class NewWorker(Schema):
    """A person of the requester's own pool."""

    name = text(200, shortest=1, required=True)


class InvitedSchema(Schema):
    """An invited worker, with the token to work with; it is never shown again."""

    worker = fields.String()
    token = fields.String()


class AccuracySchema(Schema):
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
    skill = fields.Nested(AccuracySchema, allow_none=True)
    restriction = fields.Nested(RestrictionSchema, allow_none=True)


class WorkerPage(PageSchema):
    """A page of workers."""

    workers = fields.List(fields.Nested(WorkerSchema))


class EstimateSchema(Schema):
    """A value with its 90 % interval."""

    value = fields.Float()
    low = fields.Float()
    high = fields.Float()


class WorkerQualitySchema(Schema):
    """What the answers of one worker tell."""

    worker = fields.String()
    answers = fields.Integer()
    informedness = fields.Nested(
        EstimateSchema, metadata=about("1: never wrong; 0: answers have nothing to do with the truth.")
    )
    information = fields.Nested(EstimateSchema, metadata=about("Bits that an answer tells of the truth."))
    matrix = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Float()),
        metadata=about("By true label the probability of each answer, shrunk by how little is known."),
    )


class QualitySchema(Schema):
    """How far the workers of a project agree, and what each is worth, the best first."""

    pairwise = fields.Float(allow_none=True)
    alpha = fields.Nested(EstimateSchema, allow_none=True, metadata=about("Krippendorff's alpha."))
    fleiss = fields.Nested(EstimateSchema, allow_none=True, metadata=about("Fleiss' kappa."))
    level = fields.String(metadata=about("Of alpha: nominal, or ordinal for the steps of a scale."))
    workers = fields.List(fields.Nested(WorkerQualitySchema))


@blueprint.on("GET", "/projects/<project>/quality")
@requires("read")
@blueprint.gives(200, QualitySchema)
def show_quality(at: Visit, project: str) -> quality.Report:
    """Show what the answers of each worker tell, by gold and by what people say together."""
    return quality.report(at.session, scope.project(at.session, at.principal, project))


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
    known = pool.summaries(at.session, scope.project(at.session, at.principal, project), now=at.now)
    known = [summary for summary in known if summary.worker.pseudonym > query["after"]]
    known.sort(key=lambda summary: summary.worker.pseudonym)
    return page("workers", known, query["limit"], lambda summary: summary.worker.pseudonym)
