"""`crowd keys`: keys for the API, and the secret a server needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models import ApiKey
from crowd.models.market import AccessKey
from crowd.models.requester import SCOPES
from crowd.services.access import keys, scope
from crowd.services.market import access
from crowd.settings import Settings, new_secret


@click.group("keys")
def command() -> None:
    """Keys for the API, and the secret a server needs."""


@command.command("create")
@click.option("--label", required=True, help="What the key is for.")
@click.option("--scopes", default="read,write", show_default=True, help=f"Of {', '.join(SCOPES)}, by commas.")
@click.option("--project", "slug", help="Only for this project.")
@click.option("--days", type=click.IntRange(min=1), help="How long it lives; for ever if not given.")
@click.option("--mturk", is_flag=True, help="A key pair for programs of the MTurk protocol, at /mturk.")
@works_on_database
def create(
    place: Workplace, *, label: str, scopes: str, slug: str | None, days: int | None, mturk: bool
) -> None:
    """Make a key and print it; it is shown this once."""
    now = utc_now()
    expires_at = None if days is None else now + timedelta(days=days)
    if mturk:
        _create_pair(place, label=label, slug=slug, expires_at=expires_at, now=now)
        return
    with place.database.write() as session:
        principal = place.principal(session)
        project = None if slug is None else scope.project(session, principal, slug)
        wanted = [name.strip() for name in scopes.split(",")]
        row, key = keys.create(
            session, principal, label=label, scopes=wanted, project=project, expires_at=expires_at, now=now
        )
        result = {"id": row.public_id, "label": label, "scopes": row.scopes, "key": key}
    place.show(result, key)
    click.echo("keep it: it is not shown again", err=True)


@command.command("list")
@works_on_database
def list_(place: Workplace) -> None:
    """List the requester's keys, newest first, those of the MTurk protocol last."""
    with place.database.write() as session:
        principal = place.principal(session)
        rows = [
            _row(key, key.public_id, ",".join(key.scopes)) for key in keys.of_requester(session, principal)
        ]
        rows += [_row(key, key.access_key_id, "mturk") for key in access.of_requester(session, principal)]
    place.show_rows("keys", rows)


@command.command("revoke")
@click.argument("public_id")
@works_on_database
def revoke(place: Workplace, *, public_id: str) -> None:
    """End a key at once."""
    with place.database.write() as session:
        principal, now = place.principal(session), utc_now()
        if any(key.access_key_id == public_id for key in access.of_requester(session, principal)):
            access.revoke(session, principal, public_id, now=now)
        else:
            keys.revoke(session, principal, public_id, now=now)
    place.show({"id": public_id, "revoked": True}, f"key {public_id} is revoked")


@command.command("secret")
def secret() -> None:
    """Print a fresh value for CROWD_SECRET_KEY."""
    click.echo(new_secret())


def _create_pair(
    place: Workplace, *, label: str, slug: str | None, expires_at: datetime | None, now: datetime
) -> None:
    if slug is not None:
        raise click.UsageError("a key for the MTurk protocol is for all projects: leave out --project")
    settings = replace(Settings.from_env(), database_url=place.url)
    from crowd.app import signing_key

    with place.database.write() as session:
        key, secret = access.create_key(
            session,
            place.principal(session),
            label=label,
            secret_key=signing_key(settings),
            now=now,
            expires_at=expires_at,
            profile=settings.market,
        )
        result = {"id": key.access_key_id, "label": label, "secret": secret}
    place.show(result, [f"AWS_ACCESS_KEY_ID={key.access_key_id}", f"AWS_SECRET_ACCESS_KEY={secret}"])
    click.echo("set AWS_ENDPOINT_URL_MTURK to this server's address with /mturk", err=True)


def _row(key: ApiKey | AccessKey, key_id: str, scopes: str) -> dict[str, Any]:
    return {
        "id": key_id,
        "label": key.label,
        "scopes": scopes,
        "expires": key.expires_at and key.expires_at.isoformat(),
        "revoked": key.revoked_at and key.revoked_at.isoformat(),
    }
