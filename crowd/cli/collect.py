"""`crowd collect`: bring back what the workers of an endpoint did, and pay for it."""

from __future__ import annotations

import time

import click

from crowd.cli.progress import counted
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.errors import Conflict
from crowd.models import Project
from crowd.services import judge
from crowd.services.experts.review import Verdict
from crowd.services.mturk import channel, offers
from crowd.services.mturk.channel import Mturk
from crowd.services.mturk.collect import Collected


@click.command("collect")
@click.argument("slug")
@click.option(
    "--every", type=click.IntRange(min=1), metavar="SECONDS", help="Again and again, until no HIT is open."
)
@works_on_database
def command(place: Workplace, *, slug: str, every: int | None) -> None:
    """Bring in what was submitted at the project's endpoint, and approve it by the project's rules.

    It may run at any time and as often as you like: every submission is taken in once. With manual review
    nothing is approved here; see crowd review.
    """
    mturk, project_id = at_endpoint(place, slug)
    total, verdicts = Collected(), dict[Verdict, int]()
    while True:
        found, given = _once(place, mturk, project_id)
        total += found
        verdicts = {name: verdicts.get(name, 0) + given.get(name, 0) for name in {**verdicts, **given}}
        with place.database.read() as session:
            left = offers.uncollected(session, session.get_one(Project, project_id))
        if every is None or left == 0:
            break
        time.sleep(every)
    result = {"submissions": total.submissions, "ended": total.ended, "failed": total.failed, "open": left}
    said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(verdicts.items()))
    lines = [
        f"{total.submissions} submissions taken in, {total.ended} HITs ended, {left} still open",
        *([said] if said else []),
        *([f"{total.failed} HITs could not be read and are tried again next time"] if total.failed else []),
    ]
    place.show(result | {"verdicts": verdicts}, lines)


def at_endpoint(place: Workplace, slug: str) -> tuple[Mturk, int]:
    """Return the channel of a project that is answered at an endpoint, and its id."""
    with place.database.write() as session:
        project = place.project(session, slug)
        if Mturk.name not in project.channels:
            raise Conflict(f"project {slug} is answered by the {project.channel}: it has no endpoint")
        return channel.of(project), project.id


def send(place: Workplace, mturk: Mturk) -> dict[str, int | bool]:
    """Send what is planned; return what became of it."""
    with place.database.read() as session:
        planned = offers.planned(session, mturk.endpoint)
    with counted(f"calls to {mturk.endpoint}", planned) as watch:
        sent = mturk.send(place.database, clock=utc_now, watch=watch)
    return {
        "done": sent.done,
        "later": sent.later + sent.ambiguous,
        "waiting": sent.waiting,
        "failed": sent.failed,
        "busy": sent.is_busy,
    }


def _once(place: Workplace, mturk: Mturk, project_id: int) -> tuple[Collected, dict[Verdict, int]]:
    with place.database.read() as session:
        waiting = offers.uncollected(session, session.get_one(Project, project_id))
    with counted("HITs read", waiting) as watch:
        found = mturk.collect(place.database, project_id, clock=utc_now, watch=watch)
    given = place.database.transact(lambda session: judge.graded(session, project_id, now=utc_now()))
    send(place, mturk)
    return found, given
