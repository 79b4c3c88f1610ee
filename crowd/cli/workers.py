"""`crowd workers`: who answers, how well, and who may not."""

from __future__ import annotations

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services import grade, roster, scope


@click.group("workers")
def command() -> None:
    """Who answers, how well, and who may not."""


@command.command("invite")
@click.argument("name")
@works_on_database
def invite(place: Workplace, *, name: str) -> None:
    """Add a worker to the pool and print the token they work with; it is shown this once."""
    with place.database.write() as session:
        worker, token = roster.invite(session, place.principal(session), name=name, now=utc_now())
        result = {"worker": worker.pseudonym, "name": name, "token": token}
    place.show(
        result, [f"worker {result['worker']} ({name})", f"token  {token}", "keep it: it is not shown again"]
    )


@command.command("list")
@click.argument("slug")
@works_on_database
def list_(place: Workplace, *, slug: str) -> None:
    """List who has answered in a project, with what is known of them."""
    with place.database.write() as session:
        rows = [_row(summary) for summary in roster.summaries(session, place.project(session, slug))]
    place.show_rows("workers", rows)


@command.command("ban")
@click.argument("slug")
@click.argument("pseudonym")
@click.option("--reason", required=True, help="Why; it is kept with the ban.")
@click.option("--exclude", is_flag=True, help="Set their answers aside, too; the items are asked again.")
@works_on_database
def ban(place: Workplace, *, slug: str, pseudonym: str, reason: str, exclude: bool) -> None:
    """Keep a worker out of a project."""
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        worker = scope.worker(session, principal, pseudonym)
        roster.restrict(
            session,
            worker,
            project=project,
            kind="banned",
            reason=reason,
            facts={},
            actor=principal.actor,
            now=utc_now(),
        )
        excluded = grade.exclude(session, project, worker, reason=reason, now=utc_now()) if exclude else 0
    text = f"{pseudonym} is banned from {slug}; {excluded} answers set aside"
    place.show({"worker": pseudonym, "excluded": excluded}, text)


@command.command("lift")
@click.argument("slug")
@click.argument("pseudonym")
@works_on_database
def lift(place: Workplace, *, slug: str, pseudonym: str) -> None:
    """End a worker's suspensions and bans in a project."""
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        worker = scope.worker(session, principal, pseudonym)
        lifted = roster.lift(session, principal, worker, project, now=utc_now())
    place.show({"worker": pseudonym, "lifted": lifted}, f"{lifted} restrictions of {pseudonym} ended")


def _row(summary: roster.WorkerSummary) -> dict[str, object]:
    skill, restriction = summary.skill, summary.restriction
    return {
        "worker": summary.worker.pseudonym,
        "name": summary.worker.name,
        "answers": summary.answers,
        "gold": f"{summary.correct}/{summary.graded}",
        "skill": None if skill is None else round(skill.value, 3),
        "interval": None if skill is None else f"{skill.low:.2f}-{skill.high:.2f}",
        "restriction": None if restriction is None else f"{restriction.kind}: {restriction.reason}",
    }
