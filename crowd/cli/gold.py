"""`crowd gold`: items whose answer is known, hidden among the others to tell good work from bad."""

from __future__ import annotations

import click
from sqlalchemy import select

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models import Gold, Item
from crowd.services import intake
from crowd.tables.gold import read_gold
from crowd.tables.source import open_input


@click.group("gold")
def command() -> None:
    """Items whose answer is known."""


@command.command("add")
@click.argument("slug")
@click.argument("file")
@click.option("--source", default="requester", show_default=True, help="Who says so.")
@works_on_database
def add(place: Workplace, *, slug: str, file: str, source: str) -> None:
    """Declare the labels in FILE (columns item,label; - for standard input) as known: all of them or none."""
    rows = read_gold(open_input(file))
    with place.database.write() as session:
        project = place.project(session, slug)
        imported = intake.add_gold(session, project, rows, source=source, now=utc_now())
    result = {"added": imported.added, "unchanged": imported.unchanged}
    place.show(result, f"{imported.added} gold labels added, {imported.unchanged} were there already")


@command.command("list")
@click.argument("slug")
@works_on_database
def list_(place: Workplace, *, slug: str) -> None:
    """List the gold in force."""
    with place.database.write() as session:
        query = select(Item.key, Gold.label, Gold.source).join(Item, Item.id == Gold.item_id)
        query = query.where(Gold.project_id == place.project(session, slug).id, Gold.retired_at.is_(None))
        rows = [
            {"item": key, "label": label, "source": source}
            for key, label, source in session.execute(query.order_by(Item.key))
        ]
    place.show_rows("gold", rows)
