"""`crowd publish`: offer what wants answers at an endpoint of the MTurk protocol."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from crowd.cli.progress import counted
from crowd.cli.workplace import Workplace, table, works_on_database
from crowd.clock import utc_now
from crowd.errors import Conflict
from crowd.models import Project
from crowd.services.mturk import channel, cost, reconcile
from crowd.services.mturk.channel import Mturk
from crowd.services.mturk.cost import Quote
from workers.money import display, dollars

PAUSED = "paused_funds"


@click.command("publish")
@click.argument("slug")
@click.option("--dry-run", is_flag=True, help="Only say what it would cost.")
@click.option("--resume", is_flag=True, help="Go on with what waits for funds or was refused.")
@click.option("--reconcile", "compare", is_flag=True, help="First compare with what the endpoint has.")
@works_on_database
def command(place: Workplace, *, slug: str, dry_run: bool, resume: bool, compare: bool) -> None:
    """Offer what wants answers at the project's endpoint, and say what it costs.

    Any endpoint that speaks the MTurk protocol will do: another crowd server, or crowd sandbox. AWS's own
    hosts are closed since September 30, 2026. The credentials are those of the environment, as for every
    program of AWS: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.
    """
    with place.database.write() as session:
        project = place.project(session, slug)
        if Mturk.name not in project.channels:
            raise Conflict(f"project {slug} is answered by the {project.channel}: it has no endpoint")
        quote = cost.quote(session, project, now=utc_now())
    if dry_run:
        place.show(_priced(quote), _price_lines(quote))
        return
    mturk = channel.of(project)
    if compare:
        reconcile.reconcile(place.database, mturk.caller, endpoint=mturk.endpoint, clock=utc_now)
    if resume:
        place.database.transact(
            lambda session: channel.resume(session, session.get_one(Project, project.id), clock=utc_now)
        )
    outcome = _publish(place, mturk, project.id, quote)
    lines = [*_price_lines(quote), *_outcome_lines(slug, outcome)]
    place.show(_priced(quote) | outcome, lines)


def _publish(place: Workplace, mturk: Mturk, project_id: int, quote: Quote) -> dict[str, Any]:
    """Publish, and return what has become of the project's calls by now."""
    with counted(f"calls to {mturk.endpoint}", quote.hits + len(quote.lines)) as watch:
        sent = mturk.publish(place.database, project_id, clock=utc_now, watch=watch)
    with place.database.read() as session:
        project = session.get_one(Project, project_id)
        state = PAUSED if channel.is_paused(session, project) else project.state
        calls, refusal = channel.standing(session, project), channel.refusal(session, project)
    return {"state": state, "done": sent.done, "calls": calls, "busy": sent.is_busy, "refusal": refusal}


def _priced(quote: Quote) -> dict[str, Any]:
    amounts = {
        "reward": dollars(quote.reward_micros),
        "fee": dollars(quote.fee_micros),
        "cost": dollars(quote.whole_micros),
        "lacking": dollars(quote.lacking_micros),
    }
    lines = [asdict(line) for line in quote.lines]
    counts = {"hits": quote.hits, "assignments": quote.assignments}
    return {**counts, **amounts, "lines": lines, "notes": list(quote.notes)}


def _price_lines(quote: Quote) -> list[str]:
    if not quote.lines:
        return ["nothing new wants answers: choose items with crowd batch create"]
    rows = [
        {
            "HITs": line.hits,
            "workers each": line.assignments,
            "reward": display(line.reward_micros),
            "fee": display(line.fee_micros),
            "cost": display(line.whole),
        }
        for line in quote.lines
    ]
    whole = f"{quote.hits} HITs cost {display(quote.whole_micros)}"
    parts = f"{display(quote.reward_micros)} for workers, {display(quote.fee_micros)} in fees"
    lacking = [f"the cap lacks {display(quote.lacking_micros)} of it: raise it with crowd project budget"]
    return [table(rows), f"{whole}: {parts}", *quote.notes, *(lacking if quote.lacking_micros else [])]


def _outcome_lines(slug: str, outcome: dict[str, Any]) -> list[str]:
    calls = outcome["calls"]
    lines = [f"{outcome['done']} calls done"]
    if outcome["busy"]:
        lines.append("another process publishes to this endpoint right now; it takes these along")
    if outcome["state"] == PAUSED:
        again = f"crowd publish {slug} --resume"
        lines.append(f"{PAUSED}: {calls['waiting']} calls wait for money in the account there; then: {again}")
    if later := calls.get("planned", 0) + calls.get("ambiguous", 0):
        lines.append(f"{later} calls failed for now and are tried again by the next crowd publish or step")
    if failed := calls.get("failed", 0):
        lines.append(f"{failed} calls were refused, the last: {outcome['refusal']}")
    return lines
