"""`crowd workers skill`, `skills`: what workers can do."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services.access import scope
from crowd.services.people import skills
from crowd.services.people.skills import Given


@click.command("skill")
@click.argument("pseudonym")
@click.argument("name")
@click.argument("value", type=float)
@click.option("--evidence", type=float, default=0.0, help="How many tests it rests on.")
@click.option("--note", default="", help="How it is known; kept in the audit chain.")
@click.option("--expires", type=click.DateTime(), help="From when it no longer holds (UTC).")
@click.option("--project", "slug", help="Only in this project.")
@works_on_database
def give(
    place: Workplace,
    *,
    pseudonym: str,
    name: str,
    value: float,
    evidence: float,
    note: str,
    expires: datetime | None,
    slug: str | None,
) -> None:
    """Say how well a worker can do something: VALUE from 0 to 1. The newest word of a name holds."""
    expires_at = None if expires is None else expires.replace(tzinfo=UTC)
    given = Given(name, value, evidence, note, expires_at)
    with place.database.write() as session:
        principal = place.principal(session)
        project = None if slug is None else scope.project(session, principal, slug)
        worker = scope.worker(session, principal, pseudonym)
        skills.give(session, principal, worker, given, project=project, now=utc_now())
    place.show({"worker": pseudonym, "name": name, "value": value}, f"{pseudonym} has {name} {value:g}")


@click.command("skills")
@click.argument("pseudonym")
@click.option("--project", "slug", help="As they hold in this project.")
@works_on_database
def list_(place: Workplace, *, pseudonym: str, slug: str | None) -> None:
    """List what a worker can do."""
    with place.database.write() as session:
        principal = place.principal(session)
        project = None if slug is None else scope.project(session, principal, slug)
        held = skills.current(session, scope.worker(session, principal, pseudonym), project, now=utc_now())
        rows = [
            {
                "name": name,
                "value": row.value,
                "interval": f"{row.low:.2f}-{row.high:.2f}",
                "source": row.source,
                "evidence": row.evidence,
                "expires": row.expires_at and row.expires_at.isoformat(),
            }
            for name, row in sorted(held.items())
        ]
    place.show_rows("skills", rows)
