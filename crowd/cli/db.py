"""`crowd db`: the database's schema, brought up to date and told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import make_url

from crowd import migrations
from crowd.cli.output import json_option, print_json
from crowd.cli.workplace import database_option, reach
from crowd.db import Database, connect
from crowd.errors import Misconfigured


@click.group("db")
def command() -> None:
    """Bring the database's schema up to date."""


@command.command()
@database_option
@json_option
def upgrade(*, database: str, as_json: bool) -> None:
    """Bring the schema to the revision this crowd needs; make a backup before.

    All of it happens in one transaction: it succeeds, or the database stays as it was.
    """
    with connected(database) as opened:
        reach(opened, database)
        before = migrations.current(opened)
        migrations.upgrade(opened)
        after = migrations.current(opened)
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        click.echo(f"the schema is at revision {after} already")
    else:
        click.echo(f"upgraded the schema from {before or 'nothing'} to revision {after}")


@command.command()
@database_option
@json_option
def current(*, database: str, as_json: bool) -> None:
    """Show which revision the schema is at, and which this crowd needs."""
    with existing(database) as opened:
        found, needed = migrations.current(opened), migrations.head()
    if as_json:
        print_json({"current": found, "needed": needed})
    else:
        click.echo(f"schema: {found or 'none'}, needed: {needed}")


@contextmanager
def connected(url: str) -> Iterator[Database]:
    """Open a database as it is, whatever its schema."""
    database = connect(url)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def existing(url: str) -> Iterator[Database]:
    """Open a database that must be there: SQLite would make an empty file of a misspelt name."""
    with connected(url) as database:
        location = make_url(url)
        if location.get_backend_name() == "sqlite" and not Path(location.database or "").is_file():
            raise Misconfigured(f"there is no database {location.database!r}; name it with --database")
        reach(database, url)
        yield database
