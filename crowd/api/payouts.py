"""Time and pay over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from crowd.api.access import Visit, admits, requires
from crowd.api.blueprint import Blueprint
from crowd.api.downloads import DOCUMENTED, FormatQuery, download
from crowd.api.edge import edge
from crowd.api.fields import Dollars, Schema, about
from crowd.api.paging import PageQuery, PageSchema, number, page
from crowd.services.access import scope
from crowd.services.access.keys import Principal
from crowd.services.people import timesheet
from crowd.services.people.timesheet import DAY_COLUMNS, Period, payout_columns

blueprint = Blueprint("pay", "Who worked when, what they are owed, and every move of money.")


class PeriodQuery(FormatQuery):
    """Which days (UTC), both included, and in which form."""

    first = fields.Date(data_key="from", load_default=None)
    last = fields.Date(data_key="to", load_default=None)


class PayoutQuery(PeriodQuery):
    """Which days and which project; names only where they are asked for."""

    project = fields.String(load_default=None, metadata=about("Only this one; all unless given."))
    names = fields.Boolean(load_default=False, metadata=about("Names leave too; the audit chain says so."))


class EntrySchema(Schema):
    """One move of money: set aside, spent or given back."""

    id = fields.Integer()
    kind = fields.String()
    amount = Dollars(attribute="amount_micros")
    cause = fields.String(attribute="key", metadata=about("No cause moves money twice."))
    created_at = fields.DateTime()


class LedgerPage(PageSchema):
    """A page of the ledger."""

    entries = fields.List(fields.Nested(EntrySchema))


@blueprint.on("GET", "/projects/<project>/timesheet")
@blueprint.takes_query(PeriodQuery)
@admits("read")
@blueprint.describes(responses={200: {"description": "The timesheet.", **DOCUMENTED}})
def get_timesheet(caller: Principal, query: dict[str, Any], project: str) -> Response:
    """Write, for every worker and day, pages, answers, active hours, and what is due and paid."""
    with edge().database.read() as session:
        row = scope.project(session, caller, project)
    period = Period(query["first"], query["last"])
    return download(
        "timesheet", query["format"], DAY_COLUMNS, lambda session: timesheet.timesheet(session, row, period)
    )


@blueprint.on("GET", "/payouts")
@blueprint.takes_query(PayoutQuery)
@admits("read")
@blueprint.describes(responses={200: {"description": "The payouts.", **DOCUMENTED}})
def get_payouts(caller: Principal, query: dict[str, Any]) -> Response:
    """Write, for every worker, what is due and what was paid."""
    names, now = query["names"], edge().clock()
    with edge().database.read() as session:
        chosen = timesheet.projects_of(session, caller, query["project"])
    if names:
        edge().database.transact(lambda session: timesheet.note_names(session, caller, now=now))
    period = Period(query["first"], query["last"])
    return download(
        "payouts",
        query["format"],
        payout_columns(names=names),
        lambda session: timesheet.payouts(session, chosen, period, names=names),
    )


@blueprint.on("GET", "/projects/<project>/ledger")
@blueprint.takes_query(PageQuery)
@requires("read")
@blueprint.gives(200, LedgerPage)
def list_ledger(at: Visit, query: dict[str, Any], project: str) -> dict[str, Any]:
    """List the moves of money in the order they were made."""
    row, after = scope.project(at.session, at.principal, project), number(query["after"]) or 0
    found = timesheet.ledger(at.session, row, after=after, limit=query["limit"] + 1)
    return page("entries", found, query["limit"], lambda entry: entry.id)
