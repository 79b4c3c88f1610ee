"""Batches over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy.orm import Session

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema, about, share, whole
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.models import Batch
from crowd.selection.strategies import STRATEGIES
from crowd.services import asking
from crowd.services.access import scope
from crowd.services.reports import browse

blueprint = Blueprint("batches", "Which items were chosen, and why.")


class NewBatch(Schema):
    """How to choose; the project's settings hold for what is left out."""

    size = whole(1)
    strategy = fields.String(validate=validate.OneOf(STRATEGIES))
    random_share = share()
    seed = whole(0)


class BatchSchema(Schema):
    """A batch: one selection run."""

    id = fields.Integer()
    strategy = fields.String()
    seed = fields.Integer()
    size = fields.Integer()
    parameters = fields.Dict()
    model_version = fields.String(allow_none=True)
    created_at = fields.DateTime()


class AskedBatch(BatchSchema):
    """A batch just asked about."""

    answers = fields.Integer(metadata=about("How many answers it asks for."))


class BatchPage(PageSchema):
    """A page of batches."""

    batches = fields.List(fields.Nested(BatchSchema))


class ChosenSchema(Schema):
    """One item of a batch."""

    item = fields.String()
    rank = fields.Integer()
    score = fields.Float()
    reason = fields.String()


class BatchDetail(BatchSchema, PageSchema):
    """A batch with a page of its items."""

    items = fields.List(fields.Nested(ChosenSchema))


@blueprint.on("POST", "/projects/<project>/batches")
@blueprint.takes(NewBatch)
@requires("spend")
@blueprint.gives(201, AskedBatch)
def create_batch(at: Visit, body: dict[str, Any], project: str) -> dict[str, Any]:
    """Choose items, reserve the money and ask about them."""
    row = scope.project(at.session, at.principal, project)
    batch, asked = asking.ask(at.session, row, **body, now=at.now)
    return _whole(at.session, batch) | {"answers": asked}


@blueprint.on("GET", "/projects/<project>/batches")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, BatchPage)
def list_batches(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List batches, newest first."""
    row = scope.project(at.session, at.principal, project)
    found = browse.batches(at.session, row, before=number(query["after"]), limit=query["limit"] + 1)
    shown = page("batches", found, query["limit"], lambda batch: batch.id)
    return shown | {"batches": [_whole(at.session, batch) for batch in shown["batches"]]}


@blueprint.on("GET", "/projects/<project>/batches/<id:batch>")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, BatchDetail)
def get_batch(at: Visit, query: dict[str, Any], project: str, batch: int) -> dict[str, Any]:
    """Show a batch with its items by rank, each with its score and the reason it was chosen."""
    row = scope.batch(at.session, scope.project(at.session, at.principal, project), batch)
    found = browse.chosen(at.session, row, after=number(query["after"]), limit=query["limit"] + 1)
    return _whole(at.session, row) | page("items", found, query["limit"], lambda chosen: chosen.rank)


def _whole(session: Session, batch: Batch) -> dict[str, Any]:
    columns = {column.name: getattr(batch, column.name) for column in Batch.__table__.columns}
    return columns | {"model_version": browse.model_version(session, batch)}
