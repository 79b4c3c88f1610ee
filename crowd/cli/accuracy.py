"""`crowd project accuracy`: claimed against true, and whether the project has bought enough."""

from __future__ import annotations

from dataclasses import asdict

import click

from crowd.cli.workplace import Workplace, table, works_on_database
from crowd.services.honesty import accuracy, stop
from crowd.services.honesty.accuracy import Accuracy


@click.command("accuracy")
@click.argument("slug")
@works_on_database
def command(place: Workplace, *, slug: str) -> None:
    """Hold what settled labels claim against what a second look at some of them found.

    The second look is that of the audit slice: items drawn by lot, with answers of workers who had not
    seen them, or an expert's word. Without one the interval is as wide as claims are off elsewhere.
    """
    with place.database.write() as session:
        project = place.project(session, slug)
        found, stopping = accuracy.measure(session, project), stop.verdict(session, project)
    lines = accuracy.lines(found)
    lines += ["", table(_rows(found))] if found.bands else []
    lines += [] if stopping is None else ["", f"stop rule: {stopping.text}"]
    place.show({**asdict(found), "stopping": stopping and asdict(stopping)}, lines)


def _rows(found: Accuracy) -> list[dict[str, object]]:
    return [
        {
            "claims": f"{band.low:g} to {band.high:g}",
            "checked": band.checked,
            "claimed": f"{band.claimed:.1%}",
            "true": f"{band.true.value:.1%} ({band.true.low:.0%} to {band.true.high:.0%})",
        }
        for band in found.bands
    ]
