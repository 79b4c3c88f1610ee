"""`crowd workers`: who answers, how well, and who may not."""

from __future__ import annotations

import click

from crowd.cli.lazy import LazyGroup
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services import eligibility, pool, scope

COMMANDS = {
    "invite": ("crowd.cli.invitations:invite", "Add workers to the pool."),
    "list": ("crowd.cli.workers:list_", "Who has answered, with what is known of them."),
    "why": ("crowd.cli.workers:why", "Why a worker can or cannot get work."),
    "pause": ("crowd.cli.restrictions:pause", "Keep a worker out for a while."),
    "suspend": ("crowd.cli.restrictions:suspend", "Keep a worker out until it is clear what happened."),
    "ban": ("crowd.cli.restrictions:ban", "Keep a worker out for good."),
    "lift": ("crowd.cli.restrictions:lift", "Let a worker in again."),
    "groups": ("crowd.cli.groups:list_", "The groups, and who belongs to one."),
    "join": ("crowd.cli.groups:join", "Put workers into a group."),
    "leave": ("crowd.cli.groups:leave", "Take workers out of a group."),
    "skill": ("crowd.cli.skills:give", "Say how well a worker can do something."),
    "skills": ("crowd.cli.skills:list_", "What a worker can do."),
    "message": ("crowd.cli.messages:send", "Write to a worker."),
    "messages": ("crowd.cli.messages:list_", "What workers wrote, and what was written to them."),
}


@click.group("workers", cls=LazyGroup, lazy=COMMANDS)
def command() -> None:
    """Who answers, how well, and who may not."""


@click.command("list")
@click.argument("slug")
@works_on_database
def list_(place: Workplace, *, slug: str) -> None:
    """List who has answered in a project, with what is known of them."""
    with place.database.write() as session:
        rows = [
            _row(summary) for summary in pool.summaries(session, place.project(session, slug), now=utc_now())
        ]
    place.show_rows("workers", rows)


@click.command("why")
@click.argument("slug")
@click.argument("pseudonym")
@works_on_database
def why(place: Workplace, *, slug: str, pseudonym: str) -> None:
    """Tell why a worker is, or is not, given work of a project."""
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        worker = scope.worker(session, principal, pseudonym)
        found = eligibility.reasons(session, project, worker, now=utc_now())
    reasons = [{"code": reason.code, "text": reason.text} for reason in found]
    lines = [f"{pseudonym} may not work on {slug}:", *(f"  {reason.text}" for reason in found)]
    place.show(
        {"worker": pseudonym, "eligible": not found, "reasons": reasons},
        lines if found else f"{pseudonym} may work on {slug}",
    )


def _row(summary: pool.WorkerSummary) -> dict[str, object]:
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
