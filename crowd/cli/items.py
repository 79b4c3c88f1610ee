"""`crowd items`: bring data in and look at it."""

from __future__ import annotations

import click
from sqlalchemy import select

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models import Decision, Item
from crowd.models.item import ITEM_STATES
from crowd.services import intake
from crowd.services.access import scope
from crowd.services.people import reserve
from crowd.tables.items import read_items
from crowd.tables.source import open_input

FIELDS = ("key", "state", "wanted", "open")


@click.group("items")
def command() -> None:
    """Bring data in and look at it."""


@command.command("add")
@click.argument("slug")
@click.argument("file")
@works_on_database
def add(place: Workplace, *, slug: str, file: str) -> None:
    """Store the items of FILE (CSV or JSON Lines, - for standard input): all of them or none."""
    rows = read_items(open_input(file))
    with place.database.write() as session:
        imported = intake.add_items(session, place.project(session, slug), rows, now=utc_now())
    result = {"added": imported.added, "unchanged": imported.unchanged}
    place.show(result, f"{imported.added} items added, {imported.unchanged} were there already")


@command.command("list")
@click.argument("slug")
@click.option("--state", type=click.Choice(ITEM_STATES), help="Only items in this state.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@works_on_database
def list_(place: Workplace, *, slug: str, state: str | None, limit: int) -> None:
    """List items by key."""
    with place.database.write() as session:
        query = select(Item).where(Item.project_id == place.project(session, slug).id).order_by(Item.key)
        query = query if state is None else query.where(Item.state == state)
        rows = [
            {name: getattr(item, name) for name in FIELDS} for item in session.scalars(query.limit(limit))
        ]
    place.show_rows("items", rows)


@command.command("show")
@click.argument("slug")
@click.argument("key")
@works_on_database
def show(place: Workplace, *, slug: str, key: str) -> None:
    """Show one item with what was decided about it, and why."""
    with place.database.write() as session:
        item = scope.item(session, place.project(session, slug), key)
        query = select(Decision).where(Decision.item_id == item.id).order_by(Decision.id)
        decisions = [{"action": row.action, "reason": row.reason} for row in session.scalars(query)]
        result = {**{name: getattr(item, name) for name in FIELDS}, "payload": item.payload}
    lines = [f"{name:8} {value}" for name, value in result.items()]
    lines += [f"{row['action']:8} {row['reason']}" for row in decisions]
    place.show({**result, "decisions": decisions}, lines)


@command.command("reserve")
@click.argument("slug")
@click.argument("key")
@click.argument("pseudonyms", nargs=-1)
@works_on_database
def reserve_(place: Workplace, *, slug: str, key: str, pseudonyms: tuple[str, ...]) -> None:
    """Keep one item for these workers and no others; without any it is offered to everybody again."""
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        item = scope.item(session, project, key)
        workers = [scope.worker(session, principal, pseudonym) for pseudonym in pseudonyms]
        if workers:
            reserve.reserve(session, principal, project, item, workers, now=utc_now())
        else:
            reserve.release(session, principal, project, item, now=utc_now())
    text = f"for {len(pseudonyms)} workers" if pseudonyms else "for everybody"
    place.show({"item": key, "workers": list(pseudonyms)}, f"item {key} is {text}")
