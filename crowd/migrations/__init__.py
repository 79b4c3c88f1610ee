"""The schema's history: numbered revisions that only go forward, applied under a lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from crowd.db import Database
from crowd.errors import Misconfigured

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent
VERSION_TABLE = "alembic_version"
_LOCK = 0x63726F7764  # "crowd": every process that upgrades asks for the same number


def head() -> str:
    """Return the newest revision this installation knows."""
    # Read off the file names: importing Alembic costs a quarter of a second at every start.
    return max(path.name.split("_")[0] for path in FOLDER.glob("versions/[0-9]*.py"))


def current(database: Database) -> str | None:
    """Return the revision of a database, or None where no schema of crowd's is."""
    with database.read() as session:
        connection = session.connection()
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
        return found


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision in one transaction; where it is there, do nothing."""
    from alembic import command

    _refuse_newer(current(database))
    with database.engine.begin() as connection:
        _lock(connection)
        command.upgrade(config(connection), "head")


def prepare(database: Database) -> None:
    """Give an empty database its schema; leave any other as it is and see that it is current."""
    with database.read() as session:
        is_empty = not inspect(session.connection()).get_table_names()
    if is_empty:
        upgrade(database)
    ensure_current(database)


def ensure_current(database: Database) -> None:
    """Raise unless the schema is exactly the one this installation was written for."""
    revision = current(database)
    _refuse_newer(revision)
    if revision is None:
        raise Misconfigured("the database has no schema of crowd's; make it with: crowd db upgrade")
    if revision != head():
        raise Misconfigured(
            f"the database's schema is at revision {revision}, this crowd needs {head()}; "
            "make a backup, then run: crowd db upgrade"
        )


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for work on this connection, without an alembic.ini."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    settings.attributes["connection"] = connection
    return settings


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision > head():
        raise Misconfigured(
            f"the database's schema is at revision {revision}, made by a newer crowd than this one "
            f"(which knows {head()}); install that crowd here too"
        )


def _lock(connection: Connection) -> None:
    # On SQLite the transaction began with BEGIN IMMEDIATE and is already alone.
    if connection.dialect.name != "postgresql":
        return
    # Another process may be upgrading a large table: wait for it, then find nothing left to do.
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    # From here on a long transaction elsewhere must stop this upgrade, not this upgrade everyone else.
    connection.execute(text("SET LOCAL lock_timeout = '20s'"))
