"""`crowd workers groups`, `join`, `leave`: workers by what they have in common."""

from __future__ import annotations

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services.access import scope
from crowd.services.people import groups


@click.command("groups")
@click.argument("group", required=False)
@works_on_database
def list_(place: Workplace, *, group: str | None) -> None:
    """List the groups with their sizes, or who belongs to GROUP."""
    with place.database.write() as session:
        principal = place.principal(session)
        if group is None:
            sizes = groups.sizes(session, principal)
            rows = [{"group": name, "workers": size} for name, size in sizes.items()]
        else:
            found = groups.members(session, principal, group)
            rows = [{"worker": worker.pseudonym, "name": worker.name} for worker in found]
    place.show_rows("groups" if group is None else "workers", rows)


@click.command("join")
@click.argument("group")
@click.argument("pseudonyms", nargs=-1, required=True)
@works_on_database
def join(place: Workplace, *, group: str, pseudonyms: tuple[str, ...]) -> None:
    """Put workers into GROUP; the first makes it."""
    with place.database.write() as session:
        principal = place.principal(session)
        workers = [scope.worker(session, principal, each) for each in pseudonyms]
        changed = groups.add(session, principal, group, workers, now=utc_now())
    place.show({"group": group, "changed": changed}, f"{changed} workers are new in {group}")


@click.command("leave")
@click.argument("group")
@click.argument("pseudonyms", nargs=-1, required=True)
@works_on_database
def leave(place: Workplace, *, group: str, pseudonyms: tuple[str, ...]) -> None:
    """Take workers out of GROUP; the last one ends it."""
    with place.database.write() as session:
        principal = place.principal(session)
        workers = [scope.worker(session, principal, each) for each in pseudonyms]
        changed = groups.remove(session, principal, group, workers, now=utc_now())
    place.show({"group": group, "changed": changed}, f"{changed} workers left {group}")
