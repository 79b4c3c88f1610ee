"""`crowd mturk approve`, `reject`, `bonus`, …: what a requester does at a project's endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy.orm import Session

from crowd.cli.collect import at_endpoint, send
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.errors import NotFound, bad_input
from crowd.models import Assignment, Project
from crowd.services import audit
from crowd.services.access import scope
from crowd.services.experts import review
from crowd.services.experts.review import Verdict
from crowd.services.mturk import bonuses, compensation, offers, people
from workers.money import dollars, to_micros


def _verdict(name: str, verdict: Verdict, text: str, *, needs_reason: bool) -> click.Command:
    @click.command(name, help=text)
    @click.argument("slug")
    @click.argument("pages", nargs=-1, type=int, required=True)
    @click.option("--reason", default="", required=needs_reason, help="Why; a rejected worker is told.")
    @works_on_database
    def give(place: Workplace, *, slug: str, pages: tuple[int, ...], reason: str) -> None:
        mturk, _ = at_endpoint(place, slug)
        with place.database.write() as session:
            principal = place.principal(session)
            project = scope.project(session, principal, slug)
            changed = review.decide(session, principal, project, pages, verdict, reason=reason, now=utc_now())
        calls = send(place, mturk)
        _show(place, {"changed": changed, "review": verdict}, calls)

    return give


approve = _verdict("approve", "accepted", "Approve pages: they are paid and used.", needs_reason=False)
drop = _verdict("drop", "soft_rejected", "Approve pages, and set their answers aside.", needs_reason=True)
reject = _verdict("reject", "rejected", "Reject pages: they are not paid.", needs_reason=True)
override = _verdict("override", "overturned", "Approve rejected pages after all.", needs_reason=False)


@click.command("bonus")
@click.argument("slug")
@click.argument("page", type=int)
@click.argument("amount")
@click.option("--reason", required=True, help="The worker reads it; the same reason pays a page once.")
@works_on_database
def bonus(place: Workplace, *, slug: str, page: int, amount: str, reason: str) -> None:
    """Pay the worker of PAGE a bonus of AMOUNT dollars, such as 0.50."""
    micros = _micros(amount)

    def give(session: Session, project: Project) -> dict[str, Any]:
        found = session.get(Assignment, page)
        if found is None or found.project_id != project.id:
            raise NotFound(f"no page {page} in this project")
        entry = bonuses.bonus(session, project, found, micros, reason, now=utc_now())
        return {"page": page, "amount": dollars(micros), "cost": dollars(entry.cost_micros)}

    do_at_endpoint(place, slug, "bonus", give)


@click.command("compensate")
@click.argument("slug")
@click.argument("worker")
@click.argument("amount")
@click.option("--reason", required=True, help="The worker reads it; the same reason pays a worker once.")
@works_on_database
def compensate(place: Workplace, *, slug: str, worker: str, amount: str, reason: str) -> None:
    """Pay WORKER, who could not hand in, AMOUNT dollars by a HIT that only they can take."""
    micros = _micros(amount)

    def offer(session: Session, project: Project) -> dict[str, Any]:
        hit = compensation.compensate(session, project, worker, micros, reason, now=utc_now())
        return {"amount": dollars(micros), "new": hit is not None}

    do_at_endpoint(place, slug, "compensate", offer, then=lambda _s, _p: {"worker": worker})


@click.command("expire")
@click.argument("slug")
@click.argument("hits", nargs=-1)
@works_on_database
def expire(place: Workplace, *, slug: str, hits: tuple[str, ...]) -> None:
    """Offer HITS no longer, or all of the project's; whoever has accepted one may still hand it in."""
    do_at_endpoint(place, slug, "expire", lambda s, p: {"expired": offers.expire(s, p, hits, now=utc_now())})


@click.command("notify")
@click.argument("slug")
@click.argument("workers", nargs=-1, required=True)
@click.option("--subject", required=True)
@click.option("--text", required=True)
@works_on_database
def notify(place: Workplace, *, slug: str, workers: tuple[str, ...], subject: str, text: str) -> None:
    """Write to WORKERS, by their ids at the endpoint."""
    do_at_endpoint(
        place,
        slug,
        "notify",
        lambda s, p: {"letters": people.notify(s, p, workers, subject, text, now=utc_now())},
    )


@click.command("qualify")
@click.argument("slug")
@click.argument("name")
@click.option("--description", default="Given by the requester's own program.", show_default=True)
@works_on_database
def qualify(place: Workplace, *, slug: str, name: str, description: str) -> None:
    """Make a qualification of this NAME, or find it, and print its id.

    Set as posting.worked it keeps out who has handed in a page; as posting.barred who is paused, suspended
    or banned; as posting.skilled it tells skill.
    """

    def make(session: Session, project: Project) -> dict[str, Any]:
        people.qualification(session, project, name, description, now=utc_now())
        return {"name": name}

    def told(session: Session, project: Project) -> dict[str, Any]:
        return {"id": people.id_of(people.qualification(session, project, name, description, now=utc_now()))}

    do_at_endpoint(place, slug, "qualify", make, then=told)


Act = Callable[[Session, Project], dict[str, Any]]


def do_at_endpoint(
    place: Workplace, slug: str, verb: str, act: Act, *, then: Act = lambda _s, _p: {}
) -> None:
    """Plan something in one transaction, noted in the audit chain, and send it."""
    mturk, _ = at_endpoint(place, slug)
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        result = act(session, project)
        subject = f"project:{project.id}"
        now = utc_now()
        audit.act(session, principal, f"mturk.{verb}", subject, project=project, details=result, now=now)
    calls = send(place, mturk)
    with place.database.write() as session:
        result |= then(session, place.project(session, slug))
    _show(place, result, calls)


def _micros(amount: str) -> int:
    try:
        return to_micros(amount)
    except ValueError as error:
        raise bad_input("amount", str(error)) from error


def _show(place: Workplace, result: dict[str, Any], calls: dict[str, Any]) -> None:
    told = [f"{name}: {value}" for name, value in result.items()]
    counts = [f"{count} calls {name}" for name, count in calls.items() if count and name != "busy"]
    busy = ["another process sends to this endpoint right now; it takes these along"] if calls["busy"] else []
    place.show(result | {"calls": calls}, [*told, *counts, *busy])
