"""`crowd backup`: a consistent copy of the database while everything goes on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.errors import Conflict, bad_input
from crowd.tables.writing import check_output


@click.command("backup")
@click.argument("file", type=click.Path())
@works_on_database
def command(place: Workplace, *, file: str) -> None:
    """Copy a SQLite database to FILE; for PostgreSQL use pg_dump, which does the same."""
    engine = place.database.engine
    if engine.dialect.name != "sqlite":
        raise Conflict(
            "crowd copies SQLite databases; for PostgreSQL run: pg_dump --format=custom --file=FILE"
        )
    if Path(file).exists():
        raise bad_input(file, "exists already; name a new file")
    check_output(file)
    # On the driver's own connection: SQLAlchemy would open a transaction, which VACUUM refuses.
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM INTO ?", (file,))
    place.show({"file": file, "bytes": Path(file).stat().st_size}, f"copied to {file}")
