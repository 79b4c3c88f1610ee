"""Items over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from crowd.api.access import Visit, requires
from crowd.api.blueprint import Blueprint
from crowd.api.fields import Schema, about, key, text
from crowd.api.paging import PageQuery, PageSchema, page
from crowd.services import intake
from crowd.services.access import scope
from crowd.services.people import reserve
from crowd.services.reports import browse
from crowd.tables.items import ItemRow, read_items

blueprint = Blueprint("items", "The data to be labeled.")


class NewItem(Schema):
    """An item: the requester's own id of it, and what workers see."""

    item = key(required=True)
    payload = fields.Dict(keys=fields.String(), required=True, validate=validate.Length(min=1))


class NewItems(Schema):
    """Items to be imported."""

    items = fields.List(fields.Nested(NewItem), required=True, validate=validate.Length(min=1))


class ImportedSchema(Schema):
    """What an import changed."""

    added = fields.Integer()
    unchanged = fields.Integer(metadata=about("There before, with the same content."))


class ItemLine(Schema):
    """An item in a list."""

    item = fields.String(attribute="key")
    state = fields.String()
    payload = fields.Dict()
    created_at = fields.DateTime()


class ItemPage(PageSchema):
    """A page of items."""

    items = fields.List(fields.Nested(ItemLine))


class DecisionSchema(Schema):
    """Whether an item was given another answer, and why."""

    action = fields.String()
    reason = fields.String()
    created_at = fields.DateTime()


class ItemDetail(Schema):
    """An item with what has happened to it."""

    item = fields.String(attribute="item.key")
    state = fields.String(attribute="item.state")
    payload = fields.Dict(attribute="item.payload")
    answers = fields.Integer()
    decision = fields.Nested(DecisionSchema, allow_none=True)
    created_at = fields.DateTime(attribute="item.created_at")


class NewReservation(Schema):
    """The workers an item is kept for."""

    workers = fields.List(text(20, shortest=1), required=True, validate=validate.Length(max=1000))


class ReservationSchema(Schema):
    """An item, and the workers it is kept for; nobody means everybody."""

    item = fields.String()
    workers = fields.List(fields.String())


def rows(body: dict[str, Any]) -> list[ItemRow]:
    """Return the items of a JSON body."""
    return [
        ItemRow(row["item"], row["payload"], f"items[{number}]") for number, row in enumerate(body["items"])
    ]


@blueprint.on("POST", "/projects/<project>/items")
@blueprint.takes_table(NewItems, read_items, rows)
@requires("write")
@blueprint.gives(201, ImportedSchema)
def import_items(at: Visit, items: list[ItemRow], project: str) -> intake.Imported:
    """Import items: all or, where any is wrong, none.

    CSV and JSON Lines hold the key in `item`; the other columns or fields are the payload.
    """
    row = scope.project(at.session, at.principal, project)
    return intake.add_items(at.session, row, items, now=at.now)


@blueprint.on("GET", "/projects/<project>/items")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, ItemPage)
def list_items(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List items by key."""
    row = scope.project(at.session, at.principal, project)
    found = browse.items(at.session, row, after=query["after"], limit=query["limit"] + 1)
    return page("items", found, query["limit"], lambda item: item.key)


@blueprint.on("POST", "/projects/<project>/items/<path:item>/reservations")
@blueprint.takes(NewReservation)
@requires("write")
@blueprint.gives(200, ReservationSchema)
def reserve_item(at: Visit, body: dict[str, Any], project: str, item: str) -> dict[str, Any]:
    """Keep an item for these workers and no others; an empty list offers it to everybody again."""
    row = scope.project(at.session, at.principal, project)
    kept = scope.item(at.session, row, item)
    workers = [scope.worker(at.session, at.principal, pseudonym) for pseudonym in body["workers"]]
    if not workers:
        reserve.release(at.session, at.principal, row, kept, now=at.now)
    else:
        reserve.reserve(at.session, at.principal, row, kept, workers, now=at.now)
    return {"item": kept.key, "workers": reserve.workers_of(at.session, kept)}


@blueprint.on("GET", "/projects/<project>/items/<path:item>")
@requires("read")
@blueprint.gives(200, ItemDetail)
def get_item(at: Visit, project: str, item: str) -> browse.ItemStory:
    """Show an item: its state, the newest decision with its reason, how many answers it has."""
    row = scope.project(at.session, at.principal, project)
    return browse.item(at.session, row, scope.item(at.session, row, item))
