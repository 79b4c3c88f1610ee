"""`crowd workers pause`, `suspend`, `ban`, `lift`: who may not work, where, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.errors import bad_input
from crowd.services import grade, roster
from crowd.services.access import scope

ALL = "-"


def _where(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its worker, its project or all of them, its reason and its end."""
    for option in (
        click.option("--days", type=float, help="For how long; until it is lifted if not given."),
        click.option("--reason", required=True, help="Why; it is kept."),
        click.argument("pseudonym"),
        click.argument("slug"),
    ):
        function = option(function)
    return function


@click.command("pause")
@_where
@works_on_database
def pause(place: Workplace, **told: Any) -> None:  # noqa: ANN401
    """Keep a worker out of project SLUG, or of all with -, for a while; it is no reproach."""
    _restrict(place, "paused", **told)


@click.command("suspend")
@_where
@works_on_database
def suspend(place: Workplace, **told: Any) -> None:  # noqa: ANN401
    """Keep a worker out of project SLUG, or of all with -, until it is clear what happened."""
    _restrict(place, "suspended", **told)


@click.command("ban")
@_where
@click.option("--exclude", is_flag=True, help="Set their answers aside, too; the items are asked again.")
@works_on_database
def ban(place: Workplace, **told: Any) -> None:  # noqa: ANN401
    """Keep a worker out of project SLUG, or of all with -, which signs them out as well."""
    _restrict(place, "banned", **told)


@click.command("lift")
@click.argument("slug")
@click.argument("pseudonym")
@works_on_database
def lift(place: Workplace, *, slug: str, pseudonym: str) -> None:
    """End a worker's pauses, suspensions and bans in project SLUG; with - for SLUG, wherever they are."""
    with place.database.write() as session:
        principal = place.principal(session)
        project = None if slug == ALL else scope.project(session, principal, slug)
        worker = scope.worker(session, principal, pseudonym)
        lifted = roster.lift(session, principal, worker, project, now=utc_now())
    place.show({"worker": pseudonym, "lifted": lifted}, f"{lifted} restrictions of {pseudonym} ended")


def _restrict(
    place: Workplace,
    kind: str,
    *,
    slug: str,
    pseudonym: str,
    reason: str,
    days: float | None,
    exclude: bool = False,
) -> None:
    now = utc_now()
    with place.database.write() as session:
        principal = place.principal(session)
        project = None if slug == ALL else scope.project(session, principal, slug)
        worker = scope.worker(session, principal, pseudonym)
        roster.restrict(
            session,
            worker,
            project=project,
            kind=kind,
            reason=reason,
            facts={},
            actor=principal.actor,
            until=None if days is None else now + timedelta(days=days),
            now=now,
        )
        if exclude and project is None:
            raise bad_input("--exclude", "sets answers aside in one project: give its SLUG")
        excluded = (
            grade.exclude(session, project, worker, reason=reason, now=now) if exclude and project else 0
        )
    where = "all projects" if slug == ALL else slug
    aside = f"; {excluded} answers set aside" if exclude else ""
    place.show(
        {"worker": pseudonym, "excluded": excluded},
        f"{pseudonym} is {kind} from {where}{aside}",
    )
