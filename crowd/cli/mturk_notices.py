"""`crowd mturk subscribe`, `unsubscribe`, `notices`: how a project's endpoint tells us what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click
from sqlalchemy.orm import Session

from crowd.app import signing_key
from crowd.cli.at_endpoint import do_at_endpoint
from crowd.cli.collect import at_endpoint
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models import Project
from crowd.services.mturk import notices, subscription
from crowd.settings import Settings

LATER = "no HIT is published yet; the types of those to come are subscribed as they are made"


@click.command("subscribe")
@click.argument("slug")
@click.option("--queue", metavar="URL", help="A queue that crowd is to read, at AWS or at a service like it.")
@click.option("--topic", metavar="ARN", help="A topic; subscribe the address that `notices` prints to it.")
@click.option("--webhook", metavar="URL", help="Where the endpoint, a crowd server, reaches this server.")
@works_on_database
def subscribe(place: Workplace, *, slug: str, **given: str | None) -> None:
    """Have the project's endpoint tell what happens to its HITs, those that are out and those to come.

    It only makes collecting sooner: crowd asks the endpoint all the same.
    """
    wanted = {name: value for name, value in given.items() if value}
    if len(wanted) != 1:
        raise click.UsageError("give one of --queue, --topic and --webhook")
    if "webhook" in wanted:
        wanted["webhook"] = wanted["webhook"].rstrip("/") + _path(place, slug)
    _change(place, slug, "subscribe", wanted)


@click.command("unsubscribe")
@click.argument("slug")
@works_on_database
def unsubscribe(place: Workplace, *, slug: str) -> None:
    """Have the project's endpoint tell nothing more."""
    _change(place, slug, "unsubscribe", {})


@click.command("notices")
@click.argument("slug")
@works_on_database
def notices_path(place: Workplace, *, slug: str) -> None:
    """Print the path on this server to which the project's endpoint may post its notifications."""
    path = _path(place, slug)
    place.show({"path": path}, path)


def _change(place: Workplace, slug: str, verb: str, wanted: Mapping[str, str]) -> None:
    def act(session: Session, project: Project) -> dict[str, Any]:
        changed = subscription.change(session, project, wanted, now=utc_now())
        is_early = wanted and not subscription.types(session, project)
        return {"hit_types": changed} | ({"later": LATER} if is_early else {})

    do_at_endpoint(place, slug, verb, act)


def _path(place: Workplace, slug: str) -> str:
    _, project_id = at_endpoint(place, slug)
    url = place.database.engine.url.render_as_string(hide_password=False)
    secret = signing_key(replace(Settings.from_env(), database_url=url))
    return f"/mturk/notices/{project_id}/{notices.token(secret, project_id)}"
