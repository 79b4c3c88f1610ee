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
from crowd.services import browse, intake
from crowd.services.access import scope
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


@blueprint.on("GET", "/projects/<project>/gold")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, GoldPage)
def list_gold(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List gold by item."""
    row = scope.project(at.session, at.principal, project)
    found = browse.gold(at.session, row, after=query["after"], limit=query["limit"] + 1)
    return page("gold", found, query["limit"], lambda gold: gold.item)
