"""`crowd training-set`: freeze what is known into versions that never change."""

from __future__ import annotations

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services import merge


@click.group("training-set")
def command() -> None:
    """Freeze what is known into versions that never change."""


@command.command("freeze")
@click.argument("slug")
@click.option("--name", default=merge.DEFAULT_NAME, show_default=True)
@click.option("--min-confidence", type=click.FloatRange(0, 1), default=0.0, show_default=True)
@works_on_database
def freeze(place: Workplace, *, slug: str, name: str, min_confidence: float) -> None:
    """Freeze the labels known now as the next version; without news the newest version is named again."""
    with place.database.write() as session:
        project = place.project(session, slug)
        version = merge.freeze(session, project, name=name, min_confidence=min_confidence, now=utc_now())
        result = {
            "name": name,
            "version": version.number,
            "examples": version.size,
            "content_hash": version.content_hash,
        }
    place.show(
        result, f"{name} version {result['version']}: {result['examples']} examples, {result['content_hash']}"
    )


@command.command("list")
@click.argument("slug")
@works_on_database
def list_(place: Workplace, *, slug: str) -> None:
    """List the versions, newest first."""
    with place.database.write() as session:
        rows = [
            {
                "name": name,
                "version": version.number,
                "examples": version.size,
                "content_hash": version.content_hash,
                "created_at": version.created_at.isoformat(),
            }
            for name, version in merge.versions(session, place.project(session, slug))
        ]
    place.show_rows("versions", rows)
