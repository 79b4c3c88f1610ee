"""`crowd backup`: a consistent copy of the database while everything goes on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from crowd.cli.db import existing
from crowd.cli.output import json_option, print_json
from crowd.cli.workplace import database_option
from crowd.errors import Conflict, bad_input
from crowd.tables.writing import check_output


@click.command("backup")
@click.argument("file", type=click.Path())
@database_option
@json_option
def command(*, file: str, database: str, as_json: bool) -> None:
    """Copy a SQLite database to FILE; for PostgreSQL use pg_dump, which does the same."""
    with existing(database) as opened:
        if opened.engine.dialect.name != "sqlite":
            raise Conflict(
                "crowd copies SQLite databases; for PostgreSQL run: pg_dump --format=custom --file=FILE"
            )
        if Path(file).exists():
            raise bad_input(file, "exists already; name a new file")
        check_output(file)
        # On the driver's own connection: SQLAlchemy would open a transaction, which VACUUM refuses.
        with closing(opened.engine.raw_connection()) as connection:
            connection.cursor().execute("VACUUM INTO ?", (file,))
    if as_json:
        print_json({"file": file, "bytes": Path(file).stat().st_size})
    else:
        click.echo(f"copied to {file}")
