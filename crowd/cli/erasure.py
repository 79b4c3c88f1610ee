"""`crowd workers erase`, `notes`: a worker is forgotten, and what of their own words stays."""

from __future__ import annotations

from dataclasses import asdict

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services import erasure
from crowd.services.access import scope


@click.command("erase")
@click.argument("pseudonym")
@click.option("--yes", is_flag=True, help="Do not ask.")
@works_on_database
def erase(place: Workplace, *, pseudonym: str, yes: bool) -> None:
    """Remove a worker's name, account, invitations, sessions, tokens and the text of all messages.

    Answers, restrictions and payments stay under the pseudonym. It cannot be taken back.
    """
    if not yes and click.prompt(f"Type {pseudonym} to erase who they are", err=True) != pseudonym:
        raise click.ClickException("that is another pseudonym; nobody was erased")
    with place.database.write() as session:
        principal = place.principal(session)
        worker = scope.worker(session, principal, pseudonym)
        removed = erasure.erase(session, principal, worker, now=utc_now())
    lines = [f"{pseudonym} is erased: {removed.messages} messages, {removed.sessions} sessions"]
    if removed.notes:
        lines.append(f"{removed.notes} notes stay beside their answers; see: crowd workers notes {pseudonym}")
    place.show(asdict(removed), lines)


@click.command("notes")
@click.argument("pseudonym")
@works_on_database
def notes(place: Workplace, *, pseudonym: str) -> None:
    """List what a worker wrote beside answers and skipped questions."""
    with place.database.write() as session:
        worker = scope.worker(session, place.principal(session), pseudonym)
        rows = [
            {**asdict(note), "created_at": note.created_at.isoformat()}
            for note in erasure.notes(session, worker)
        ]
    place.show_rows("notes", rows)
