"""`crowd workers invite`: links by which people come to the pool, one or a file of them."""

from __future__ import annotations

from typing import Any

import click

from crowd.cli.output import check_streams
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services import roster
from crowd.services.access import scope
from crowd.services.people import guest_list, invitations
from crowd.tables.people import read_people
from crowd.tables.source import STDIO, open_input
from crowd.tables.writing import replacing, spreadsheet_safe, write_csv

URL = "http://127.0.0.1:8000"
COLUMNS = ("name", "worker", "link")


@click.command("invite")
@click.argument("name", required=False)
@click.option("--file", metavar="CSV", help="Invite everyone in it: name, and groups separated by spaces.")
@click.option("--url", default=URL, show_default=True, help="Where workers reach the server.")
@click.option("--token", is_flag=True, help="Print a token to work with over HTTP, and no link.")
@click.option("--output", metavar="FILE", help="The links as CSV: name,worker,link.  [default: -]")
@works_on_database
def invite(
    place: Workplace, *, name: str | None, file: str | None, url: str, token: bool, output: str | None
) -> None:
    """Add NAME, or everyone in a file, to the pool and print the links they make an account with.

    Each link is good once, for a week, and is shown this once. A file is taken whole or not at all.
    """
    if (name is None) == (file is None) or (token and name is None):
        raise click.UsageError("give a NAME or --file; --token goes with a NAME")
    if name is not None and token:
        _hand_token(place, name)
    elif name is not None:
        _invite_one(place, name, url)
    else:
        _invite_file(place, str(file), url, output)


@click.command("relink")
@click.argument("pseudonym")
@click.option("--url", default=URL, show_default=True, help="Where workers reach the server.")
@works_on_database
def relink(place: Workplace, *, pseudonym: str, url: str) -> None:
    """Print a new link for a worker who has lost the last one, or their password; earlier links end."""
    with place.database.write() as session:
        principal = place.principal(session)
        worker = scope.worker(session, principal, pseudonym)
        token = invitations.renew(session, principal, worker, now=utc_now())
    place.show({"worker": pseudonym, "link": link(url, token)}, f"link   {link(url, token)}")


def link(url: str, token: str) -> str:
    """Return the address an invited worker opens."""
    return f"{url.rstrip('/')}/work/invitations/{token}"


def _hand_token(place: Workplace, name: str) -> None:
    with place.database.write() as session:
        worker, token = roster.invite(session, place.principal(session), name=name, now=utc_now())
        result = {"worker": worker.pseudonym, "name": name, "token": token}
    place.show(
        result, [f"worker {result['worker']} ({name})", f"token  {token}", "keep it: it is not shown again"]
    )


def _invite_one(place: Workplace, name: str, url: str) -> None:
    with place.database.write() as session:
        worker, token = invitations.invite(session, place.principal(session), name=name, now=utc_now())
        result = {"worker": worker.pseudonym, "name": name, "link": link(url, token)}
    lines = [f"worker {result['worker']} ({name})", f"link   {result['link']}"]
    place.show(result, [*lines, "good once, for a week; it is not shown again"])


def _invite_file(place: Workplace, file: str, url: str, output: str | None) -> None:
    if output is None and not place.as_json:
        output = STDIO
    check_streams({"--file": file}, {"--output": output}, as_json=place.as_json)
    wanted = read_people(open_input(file))
    with place.database.write() as session:
        invited = guest_list.invite_all(session, place.principal(session), wanted, now=utc_now())
    rows: list[dict[str, Any]] = [
        {"name": each.name, "worker": each.pseudonym, "link": link(url, each.token)} for each in invited
    ]
    if output is not None:
        with replacing(output) as stream:
            cells = [tuple(spreadsheet_safe(row[column]) for column in COLUMNS) for row in rows]
            write_csv(stream, COLUMNS, cells)
    if output != STDIO:
        place.show({"invited": rows}, f"{len(rows)} workers invited; the links are in {output}")
