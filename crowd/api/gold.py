"""Gold over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Number, Schema, about, key, text
from crowd.api.items import ImportedSchema
from crowd.api.paging import PageQuery, PageSchema, page
from crowd.models.item import GOLD_USES
from crowd.services import intake
from crowd.services.access import scope
from crowd.services.experts import gold_supply, golds
from crowd.services.experts.gold_supply import Supply
from crowd.services.experts.golds import Correction
from crowd.services.reports import browse
from crowd.tables.gold import GoldRow, read_gold

EXPLANATION = 2000  # characters

blueprint = Blueprint("gold", "Items whose answer is known, on which workers are graded.")


class NewGoldRow(Schema):
    """The known label of an item."""

    item = key(required=True)
    label = text(200, required=True)
    accepted = fields.Dict(
        keys=text(200),
        values=Number(validate=validate.Range(min=0, min_inclusive=False, max=1)),
        load_default=dict,
        metadata=about("Other answers that are right too, with the credit of each: 1 for as right."),
    )
    use = fields.String(
        validate=validate.OneOf(GOLD_USES),
        load_default=GOLD_USES[0],
        metadata=about("hidden in pages; training: shown to beginners; told: known, never asked."),
    )
    explanation = text(
        EXPLANATION, load_default="", metadata=about("Why it is right: for workers in training.")
    )


class NewGold(Schema):
    """Gold to be imported."""

    gold = fields.List(fields.Nested(NewGoldRow), required=True, validate=validate.Length(min=1))


class GoldLine(Schema):
    """Gold in a list."""

    item = fields.String()
    label = fields.String()
    shown = fields.Integer(metadata=about("How many workers have been asked it."))
    source = fields.String()
    created_at = fields.DateTime()


class GoldPage(PageSchema):
    """A page of gold."""

    gold = fields.List(fields.Nested(GoldLine))


class NewTruth(Schema):
    """What is right of a gold."""

    item = key(required=True)
    label = fields.Raw(required=True, metadata=about("As an answer of the task type."))
    accepted = fields.Dict(
        keys=text(200),
        values=Number(validate=validate.Range(min=0, min_inclusive=False, max=1)),
        load_default=dict,
        metadata=about("Other answers that are right too, with the credit of each."),
    )
    explanation = text(EXPLANATION, load_default="", metadata=about("Why."))


class Retiring(Schema):
    """Which gold is taken back, and why."""

    item = key(required=True)
    because = text(EXPLANATION, shortest=1, required=True)


class Promoting(Schema):
    """Which item becomes gold."""

    item = key(required=True)
    label = fields.Raw(
        load_default=None, allow_none=True, metadata=about("What is right; its consensus unless given.")
    )


class PromotedSchema(Schema):
    """Gold made of a settled item."""

    item = fields.String()
    label = fields.String()


class ChangeSchema(Schema):
    """A label that is known otherwise now."""

    item = fields.String()
    was = fields.String()
    now = fields.String(allow_none=True, metadata=about("Null: not sure any more."))


class AffectedSchema(Schema):
    """A training-set version, and its labels that are known otherwise now."""

    name = fields.String()
    number = fields.Integer()
    changes = fields.List(fields.Nested(ChangeSchema))


class CorrectionSchema(Schema):
    """What a corrected or retired gold changed."""

    item = fields.String()
    was = fields.String()
    label = fields.String(allow_none=True, metadata=about("Null: it is gold no longer."))
    regraded = fields.Integer(metadata=about("Answers."))
    workers = fields.List(fields.String(), metadata=about("Who was judged anew."))
    lifted = fields.List(fields.Integer(), metadata=about("Restrictions that do not hold any more."))
    restricted = fields.List(fields.Integer(), metadata=about("New restrictions."))
    reinstated = fields.Integer(metadata=about("Answers that count again."))
    relabeled = fields.List(fields.Nested(ChangeSchema))
    versions = fields.List(fields.Nested(AffectedSchema))


class SupplySchema(Schema):
    """How much gold there is, and for whom it has run out."""

    hidden = fields.Integer()
    training = fields.Integer()
    told = fields.Integer(metadata=about("Known, and asked of nobody."))
    without = fields.List(fields.String(), metadata=about("Labels that no hidden gold has."))
    workers = fields.Integer(metadata=about("Who were shown any."))
    low = fields.Integer(metadata=about("Of them: who have few left to see."))
    finished = fields.Integer(metadata=about("Of them: who have seen all."))
    warning = fields.String(allow_none=True)


def rows(body: dict[str, Any]) -> list[GoldRow]:
    """Return the gold of a JSON body."""
    return [
        GoldRow(row.pop("item"), row.pop("label"), f"gold[{number}]", **row)
        for number, row in enumerate(body["gold"])
    ]


@blueprint.on("POST", "/projects/<project>/gold")
@blueprint.takes_table(NewGold, read_gold, rows)
@requires("write")
@blueprint.gives(201, ImportedSchema)
def import_gold(at: Visit, gold: list[GoldRow], project: str) -> intake.Imported:
    """Import gold for items already there: all or, where any is wrong, none."""
    row = scope.project(at.session, at.principal, project)
    return intake.add_gold(at.session, row, gold, source=at.principal.actor, now=at.now)


@blueprint.on("POST", "/projects/<project>/gold/correct")
@blueprint.takes(NewTruth)
@requires("write")
@blueprint.gives(200, CorrectionSchema)
def correct_gold(at: Visit, body: dict[str, Any], project: str) -> Correction:
    """Say what is right of a gold, and undo what followed from the error. No answer is bought."""
    row = scope.project(at.session, at.principal, project)
    key, label = body.pop("item"), body.pop("label")
    return golds.correct(at.session, row, key, label, reviewer=at.principal.actor, now=at.now, **body)


@blueprint.on("POST", "/projects/<project>/gold/retire")
@blueprint.takes(Retiring)
@requires("write")
@blueprint.gives(200, CorrectionSchema)
def retire_gold(at: Visit, body: dict[str, Any], project: str) -> Correction:
    """Take a gold back that nobody knows the answer of: its grades end, and what followed from them."""
    row = scope.project(at.session, at.principal, project)
    gold = golds.of_item(at.session, row, body["item"])
    return golds.retire(
        at.session, row, gold, because=body["because"], reviewer=at.principal.actor, now=at.now
    )


@blueprint.on("POST", "/projects/<project>/gold/promote")
@blueprint.takes(Promoting)
@requires("write")
@blueprint.gives(200, PromotedSchema)
def promote_gold(at: Visit, body: dict[str, Any], project: str) -> dict[str, Any]:
    """Make a settled item gold."""
    row = scope.project(at.session, at.principal, project)
    item = scope.item(at.session, row, body["item"])
    gold = golds.accept(at.session, row, item, body["label"], reviewer=at.principal.actor, now=at.now)
    return {"item": item.key, "label": gold.label}


@blueprint.on("GET", "/projects/<project>/gold/supply")
@requires("read")
@blueprint.gives(200, SupplySchema)
def get_gold_supply(at: Visit, project: str) -> Supply:
    """Count the gold, and the workers for whom it has run out."""
    return gold_supply.supply(at.session, scope.project(at.session, at.principal, project))


@blueprint.on("GET", "/projects/<project>/gold")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, GoldPage)
def list_gold(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List gold by item."""
    row = scope.project(at.session, at.principal, project)
    found = browse.gold(at.session, row, after=query["after"], limit=query["limit"] + 1)
    return page("gold", found, query["limit"], lambda gold: gold.item)
