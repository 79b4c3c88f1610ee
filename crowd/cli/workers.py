"""`crowd workers`: who answers, how well, and who may not."""

from __future__ import annotations

import click

from crowd.cli.lazy import LazyGroup
from crowd.cli.output import pour
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services.access import scope
from crowd.services.people import eligibility, pool
from crowd.services.people.pool import COLUMNS
from crowd.tables.lines import FORMATS, write_lines
from crowd.tables.source import STDIO

COMMANDS = {
    "invite": ("crowd.cli.invitations:invite", "Add workers to the pool."),
    "relink": ("crowd.cli.invitations:relink", "A new link for somebody who has lost theirs."),
    "pool": ("crowd.cli.workers:pool_", "Everyone who may be asked, with groups and restrictions."),
    "export": ("crowd.cli.workers:export", "Everyone, as a table."),
    "list": ("crowd.cli.workers:list_", "Who has answered, with what is known of them."),
    "quality": ("crowd.cli.quality:command", "What their answers are worth, and how far they agree."),
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
    "timesheet": ("crowd.cli.payouts:timesheet", "Pages, hours and pay by worker and day."),
    "payouts": ("crowd.cli.payouts:payouts", "What is due and paid, by worker."),
    "notes": ("crowd.cli.erasure:notes", "What a worker wrote beside answers."),
    "erase": ("crowd.cli.erasure:erase", "Forget who a worker is; what they did stays."),
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


@click.command("pool")
@click.option("--group", help="Only those who belong to it.")
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True)
@works_on_database
def pool_(place: Workplace, *, group: str | None, limit: int) -> None:
    """List workers by pseudonym, those who have not answered yet included."""
    with place.database.write() as session:
        found = pool.members(session, place.principal(session), group=group, limit=limit, now=utc_now())
    rows = [
        {
            "worker": member.worker.pseudonym,
            "name": member.worker.name,
            "channel": member.worker.channel,
            "groups": " ".join(member.groups),
            "answers": member.answers,
            "account": "yes" if member.signs_in else "no",
            "restrictions": " ".join(restriction.kind for restriction in member.restrictions),
        }
        for member in found
    ]
    place.show_rows("workers", rows)


@click.command("export")
@click.option("--names", is_flag=True, help="With their names; the audit chain says so.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--output", metavar="FILE", default=STDIO, show_default=True)
@works_on_database
def export(place: Workplace, *, names: bool, form: str, output: str) -> None:
    """Write all workers as a table, by pseudonym."""
    now = utc_now()
    columns = (COLUMNS[0], *(("name",) if names else ()), *COLUMNS[1:])
    with place.database.write() as session:
        principal = place.principal(session)
        if names:
            pool.note_names(session, principal, now=now)
        rows = list(pool.lines(session, principal, names=names, now=now))
    pour(write_lines(columns, rows, form), output, as_json=place.as_json)
    if output != STDIO:
        place.show({"workers": len(rows)}, f"{len(rows)} workers in {output}")


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
