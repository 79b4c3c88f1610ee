"""`crowd keys`: keys for the API, and the secret a server needs."""

from __future__ import annotations

from datetime import timedelta

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models.requester import SCOPES
from crowd.services.access import keys, scope
from crowd.settings import new_secret


@click.group("keys")
def command() -> None:
    """Keys for the API, and the secret a server needs."""


@command.command("create")
@click.option("--label", required=True, help="What the key is for.")
@click.option("--scopes", default="read,write", show_default=True, help=f"Of {', '.join(SCOPES)}, by commas.")
@click.option("--project", "slug", help="Only for this project.")
@click.option("--days", type=click.IntRange(min=1), help="How long it lives; for ever if not given.")
@works_on_database
def create(place: Workplace, *, label: str, scopes: str, slug: str | None, days: int | None) -> None:
    """Make a key and print it; it is shown this once."""
    now = utc_now()
    with place.database.write() as session:
        principal = place.principal(session)
        project = None if slug is None else scope.project(session, principal, slug)
        wanted = [name.strip() for name in scopes.split(",")]
        expires_at = None if days is None else now + timedelta(days=days)
        row, key = keys.create(
            session, principal, label=label, scopes=wanted, project=project, expires_at=expires_at, now=now
        )
        result = {"id": row.public_id, "label": label, "scopes": row.scopes, "key": key}
    place.show(result, key)
    click.echo("keep it: it is not shown again", err=True)


@command.command("list")
@works_on_database
def list_(place: Workplace) -> None:
    """List the requester's keys, newest first."""
    with place.database.write() as session:
        rows = [
            {
                "id": key.public_id,
                "label": key.label,
                "scopes": ",".join(key.scopes),
                "expires": key.expires_at and key.expires_at.isoformat(),
                "revoked": key.revoked_at and key.revoked_at.isoformat(),
            }
            for key in keys.of_requester(session, place.principal(session))
        ]
    place.show_rows("keys", rows)


@command.command("revoke")
@click.argument("public_id")
@works_on_database
def revoke(place: Workplace, *, public_id: str) -> None:
    """End a key at once."""
    with place.database.write() as session:
        keys.revoke(session, place.principal(session), public_id, now=utc_now())
    place.show({"id": public_id, "revoked": True}, f"key {public_id} is revoked")


@command.command("secret")
def secret() -> None:
    """Print a fresh value for CROWD_SECRET_KEY."""
    click.echo(new_secret())
