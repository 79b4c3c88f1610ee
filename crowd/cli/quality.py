"""`crowd workers quality`: what workers are worth, and how far they agree."""

from __future__ import annotations

from dataclasses import asdict

import click

from crowd.cli.workplace import Workplace, table, works_on_database
from crowd.services import quality
from crowd.services.quality import Estimate, Report
from crowd.tables.costs import read_costs
from crowd.tables.source import open_input


@click.command("quality")
@click.argument("slug")
@click.option("--costs", metavar="FILE", help="What errors cost: CSV with truth,label,cost; others cost 1.")
@works_on_database
def command(place: Workplace, *, slug: str, costs: str | None) -> None:
    """Show what the answers of each worker tell, with 90 % intervals, and how far workers agree.

    Informedness is 1 for a worker who is never wrong and 0 for one whose answers have nothing to do with
    the truth, however common a label is; information is in bits per answer. The truth is gold, or what
    people say together.
    """
    table_of_costs = None if costs is None else read_costs(open_input(costs))
    with place.database.write() as session:
        found = quality.report(session, place.project(session, slug), costs=table_of_costs)
    place.show(asdict(found), [*_agreement(found), "", table([_row(row) for row in found.workers])])


def _agreement(found: Report) -> list[str]:
    pairs = "-" if found.pairwise is None else f"{found.pairwise:.3f}"
    return [
        f"pairs that agree      {pairs}",
        f"Krippendorff's alpha  {_shown(found.alpha)}  ({found.level})",
        f"Fleiss' kappa         {_shown(found.fleiss)}",
    ]


def _row(row: quality.WorkerQuality) -> dict[str, object]:
    shown = {
        "worker": row.worker,
        "answers": row.answers,
        "informedness": _shown(row.informedness),
        "information": _shown(row.information),
    }
    return shown | ({} if row.cost is None else {"cost": _shown(row.cost)})


def _shown(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:.3f} ({found.low:.2f} to {found.high:.2f})"
