"""`crowd review`: cases that need a decision, and pages that somebody looks at before they are paid."""

from __future__ import annotations

from dataclasses import asdict

import click

from crowd.cli.lazy import LazyGroup
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models.assignment import REVIEW_STATES
from crowd.services.access import scope
from crowd.services.experts import review
from crowd.services.experts.review import ReviewPage, Verdict

COMMANDS = {
    "queue": ("crowd.cli.cases:queue", "The cases that need a reviewer: doubts, gold, appeals."),
    "case": ("crowd.cli.cases:case", "All there is to know of one case."),
    "decide": ("crowd.cli.cases:decide", "Rule on a case; a label settles its item."),
    "list": ("crowd.cli.review:list_", "The pages that wait, with what gold says of them."),
    "show": ("crowd.cli.review:show", "The answers of one page that waits."),
    "accept": ("crowd.cli.review:accept", "Pay for pages and use their answers."),
    "soft-reject": ("crowd.cli.review:soft_reject", "Pay for pages and set their answers aside."),
    "reject": ("crowd.cli.review:reject", "Do not pay; the answers are set aside and asked for again."),
    "overturn": ("crowd.cli.review:overturn", "Pay for pages that were rejected wrongly."),
}


@click.group("review", cls=LazyGroup, lazy=COMMANDS)
def command() -> None:
    """Decide what the answers leave open, hear appeals, and look at pages before they are paid."""


@click.command("list")
@click.argument("slug")
@click.option("--state", type=click.Choice(REVIEW_STATES), default="pending", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@works_on_database
def list_(place: Workplace, *, slug: str, state: str, limit: int) -> None:
    """List pages, oldest first."""
    with place.database.read() as session:
        found = review.pages(session, place.project(session, slug), review=state, limit=limit)
    place.show_rows("pages", [_row(page) for page in found])


@click.command("show")
@click.argument("slug")
@click.argument("page", type=int)
@works_on_database
def show(place: Workplace, *, slug: str, page: int) -> None:
    """Show the answers of a page that waits, beside gold where there is any."""
    with place.database.read() as session:
        found = review.pages(session, place.project(session, slug), after=page - 1, limit=1)
    if not found or found[0].id != page:
        raise click.ClickException(f"no page {page} waits for a review")
    place.show_rows("answers", [asdict(said) for said in found[0].answers])


def _verdict(name: str, verdict: Verdict, *, needs_reason: bool) -> click.Command:
    @click.command(name, help=COMMANDS[name][1])
    @click.argument("slug")
    @click.argument("pages", nargs=-1, type=int, required=True)
    @click.option("--reason", default="", required=needs_reason, help="Why; a rejected worker is told.")
    @works_on_database
    def give(place: Workplace, *, slug: str, pages: tuple[int, ...], reason: str) -> None:
        with place.database.write() as session:
            principal = place.principal(session)
            project = scope.project(session, principal, slug)
            changed = review.decide(session, principal, project, pages, verdict, reason=reason, now=utc_now())
        place.show(
            {"changed": changed, "review": verdict}, f"{changed} pages are {verdict.replace('_', ' ')}"
        )

    return give


accept = _verdict("accept", "accepted", needs_reason=False)
soft_reject = _verdict("soft-reject", "soft_rejected", needs_reason=True)
reject = _verdict("reject", "rejected", needs_reason=True)
overturn = _verdict("overturn", "overturned", needs_reason=False)


def _row(page: ReviewPage) -> dict[str, object]:
    known = [said for said in page.answers if said.gold is not None]
    return {
        "page": page.id,
        "worker": page.worker,
        "submitted": page.submitted_at.isoformat(timespec="minutes"),
        "seconds": page.active_seconds,
        "answers": len(page.answers),
        "gold": f"{sum(said.value == said.gold for said in known)}/{len(known)}",
    }
