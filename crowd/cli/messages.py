"""`crowd workers message`, `messages`: letters between requester and workers."""

from __future__ import annotations

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services.access import scope
from crowd.services.people import messages


@click.command("message")
@click.argument("pseudonym")
@click.argument("text")
@click.option("--project", "slug", help="What it is about.")
@works_on_database
def send(place: Workplace, *, pseudonym: str, text: str, slug: str | None) -> None:
    """Write TEXT to a worker."""
    with place.database.write() as session:
        principal = place.principal(session)
        sent = messages.send(
            session,
            requester_id=principal.requester_id,
            worker=scope.worker(session, principal, pseudonym),
            sender="requester",
            text=text,
            project=None if slug is None else scope.project(session, principal, slug),
            now=utc_now(),
        )
        result = {"id": sent.id, "worker": pseudonym}
    place.show(result, f"sent to {pseudonym}")


@click.command("messages")
@click.argument("pseudonym", required=False)
@click.option("--unread", is_flag=True, help="Only what workers wrote and nobody has read.")
@click.option("--mark-read", is_flag=True, help="They are no longer new afterwards; needs PSEUDONYM.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@works_on_database
def list_(place: Workplace, *, pseudonym: str | None, unread: bool, mark_read: bool, limit: int) -> None:
    """List messages, newest first, of all workers or of one."""
    if mark_read and pseudonym is None:
        raise click.UsageError("--mark-read needs a worker's PSEUDONYM")
    with place.database.write() as session:
        principal = place.principal(session)
        worker = None if pseudonym is None else scope.worker(session, principal, pseudonym)
        letters = messages.for_requester(session, principal, worker=worker, unread=unread, limit=limit)
        if worker is not None and mark_read:
            messages.mark_read(session, worker, reader="requester", now=utc_now())
    rows = [
        {
            "at": letter.created_at.isoformat(timespec="minutes"),
            "worker": letter.worker,
            "from": letter.sender,
            "project": letter.project,
            "text": letter.text,
        }
        for letter in letters
    ]
    place.show_rows("messages", rows)
