"""Where a command works: which database, as which requester, and how it shows what it found."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crowd import logs, migrations
from crowd.cli.output import json_option, print_json
from crowd.clock import utc_now
from crowd.db import Database, connect
from crowd.errors import Misconfigured
from crowd.models import Project
from crowd.services.access import keys, scope
from crowd.services.access.keys import Principal
from crowd.settings import DEFAULT_DATABASE

database_option = click.option(
    "--database",
    envvar="CROWD_DATABASE_URL",
    default=DEFAULT_DATABASE,
    show_default=True,
    help="Address of the database (CROWD_DATABASE_URL).",
)
requester_option = click.option(
    "--requester", envvar="CROWD_REQUESTER", default="local", show_default=True, help="Whose projects."
)


@dataclass(frozen=True, slots=True)
class Workplace:
    """An open database, and the requester on whose behalf the command acts."""

    database: Database
    requester: str
    as_json: bool

    @property
    def url(self) -> str:
        """The address of the database, with all that is needed to open it."""
        return self.database.engine.url.render_as_string(hide_password=False)

    def principal(self, session: Session) -> Principal:
        """Return the principal of whoever can open the database: they may do everything in it."""
        return keys.operator(keys.requester(session, self.requester, now=utc_now()))

    def project(self, session: Session, slug: str) -> Project:
        """Return one of the requester's projects."""
        return scope.project(session, self.principal(session), slug)

    def show(self, result: Mapping[str, Any], lines: str | Sequence[str]) -> None:
        """Print the result as one JSON object, or as text."""
        if self.as_json:
            print_json(result)
        else:
            click.echo(lines if isinstance(lines, str) else "\n".join(lines))

    def show_rows(self, noun: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Print rows as one JSON object, or as an aligned table."""
        self.show({noun: [dict(row) for row in rows]}, table(rows) or f"no {noun}")


def works_on_database(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --database, --requester and --json, and a `Workplace` as first argument."""

    @database_option
    @requester_option
    @json_option
    @functools.wraps(command)
    def wrapped(*, database: str, requester: str, as_json: bool, **options: Any) -> Any:  # noqa: ANN401
        with opened(database) as opened_database:
            return command(Workplace(opened_database, requester, as_json), **options)

    return wrapped


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database for one command; an empty one gets its schema first."""
    logs.configure(as_json=False)
    database = connect(url)
    try:
        reach(database, url)
        migrations.prepare(database)
        yield database
    finally:
        database.dispose()


def reach(database: Database, url: str) -> None:
    """Say what is wrong with an address before anything else trips over it."""
    try:
        database.engine.connect().close()
    except DBAPIError as error:
        shown = make_url(url).render_as_string(hide_password=True)
        reason = str(error.orig).partition("\n")[0]
        raise Misconfigured(f"the database {shown} cannot be opened: {reason}") from error


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as text in aligned columns under their names."""
    if not rows:
        return ""
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
