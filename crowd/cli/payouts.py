"""`crowd workers timesheet`, `payouts`, `crowd project ledger`: time, pay, and every move of money."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from crowd.cli.output import pour
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services.people import timesheet as sheets
from crowd.services.people.timesheet import DAY_COLUMNS, Period, payout_columns
from crowd.tables.lines import FORMATS, write_lines
from crowd.tables.source import STDIO
from workers.money import dollars

DAY = click.DateTime(["%Y-%m-%d"])


def _of_a_period(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its first and last day, and where its table goes."""
    for option in (
        click.option("--output", metavar="FILE", default=STDIO, show_default=True),
        click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True),
        click.option("--to", "last", type=DAY, help="Last day (UTC)."),
        click.option("--from", "first", type=DAY, help="First day (UTC)."),
    ):
        function = option(function)
    return function


@click.command("timesheet")
@click.argument("slug")
@_of_a_period
@works_on_database
def timesheet(
    place: Workplace, *, slug: str, first: datetime | None, last: datetime | None, form: str, output: str
) -> None:
    """Write, for every worker and day, pages, answers, active hours, and what is due and paid."""
    with place.database.write() as session:
        rows = list(sheets.timesheet(session, place.project(session, slug), _period(first, last)))
    _write(place, DAY_COLUMNS, rows, form, output)


@click.command("payouts")
@click.option("--project", "slug", help="Only this project.")
@click.option("--names", is_flag=True, help="With the workers' names; the audit chain says so.")
@_of_a_period
@works_on_database
def payouts(
    place: Workplace,
    *,
    slug: str | None,
    names: bool,
    first: datetime | None,
    last: datetime | None,
    form: str,
    output: str,
) -> None:
    """Write, for every worker, what is due and what was paid."""
    with place.database.write() as session:
        principal = place.principal(session)
        if names:
            sheets.note_names(session, principal, now=utc_now())
        chosen = sheets.projects_of(session, principal, slug)
        rows = list(sheets.payouts(session, chosen, _period(first, last), names=names))
    _write(place, payout_columns(names=names), rows, form, output)


@click.command("ledger")
@click.argument("slug")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Go on after this entry.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
@works_on_database
def ledger(place: Workplace, *, slug: str, after: int, limit: int) -> None:
    """List the moves of money in the order they were made."""
    with place.database.write() as session:
        found = sheets.ledger(session, place.project(session, slug), after=after, limit=limit)
        rows = [
            {
                "entry": entry.id,
                "at": entry.created_at.isoformat(timespec="seconds"),
                "kind": entry.kind,
                "amount": dollars(entry.amount_micros),
                "cause": entry.key,
            }
            for entry in found
        ]
    place.show_rows("ledger", rows)


def _period(first: datetime | None, last: datetime | None) -> Period:
    return Period(first.date() if first else None, last.date() if last else None)


def _write(
    place: Workplace, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], form: str, output: str
) -> None:
    if place.as_json and output == STDIO:
        return place.show_rows("rows", rows)
    pour(write_lines(columns, rows, form), output, as_json=place.as_json)
    if output != STDIO:
        place.show({"rows": len(rows)}, f"{len(rows)} rows in {output}")
    return None
