"""`crowd functions`: rules that label items by themselves, as evidence beside people."""

from __future__ import annotations

from dataclasses import asdict

import click

from crowd.cli.workplace import Workplace, table, works_on_database
from crowd.clock import utc_now
from crowd.learning.function_file import read_functions
from crowd.services import labeling_functions
from crowd.services.labeling_functions import Applied
from crowd.services.setup import projects
from crowd.tables.source import open_input
from crowd.tables.truth import read_truth

# Shares above this are shown as 100 %.
WHOLE = 0.995


@click.group("functions")
def command() -> None:
    """Rules that label items by themselves, as evidence beside people."""


@command.command("apply")
@click.argument("slug")
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Only show how they do; nothing is stored.")
@works_on_database
def apply(place: Workplace, *, slug: str, file: str, dry_run: bool) -> None:
    """Run the labeling functions in FILE (TOML) over all items and show how each compares with people.

    What they say together is stored as one model's predictions, and heard beside people's answers as far as
    it proves right. Functions are code of yours: `python` runs with all rights of this command.
    """
    with place.database.write() as session:
        project = place.project(session, slug)
        labels = projects.labels(session, project).labels
        chosen = read_functions(file, labels, read_table=lambda path: read_truth(open_input(str(path))))
        found = labeling_functions.apply(session, project, chosen, keep=not dry_run, now=utc_now())
        version = found.stored.model_version if found.stored else None
    result = {
        "functions": [asdict(row) for row in found.rows],
        "items": found.items,
        "spoken": found.spoken,
        "share": found.share,
        "model_version": version,
    }
    place.show(result, [table([_shown(row) for row in found.rows]), "", _together(found, version)])


def _shown(row: labeling_functions.Row) -> dict[str, object]:
    accuracy = "-" if row.accuracy is None else f"{row.accuracy:.3f} ({row.low:.2f} to {row.high:.2f})"
    shares = {name: f"{100 * getattr(row, name):.1f} %" for name in ("coverage", "overlap", "conflict")}
    return {"function": row.name, **shares, "judged": row.judged, "accuracy (90 %)": accuracy}


def _together(found: Applied, version: str | None) -> str:
    spoken = f"together they speak about {found.spoken} of {found.items} items"
    kept = f"stored as {version}" if version else "nothing is stored"
    repeated = f"; as they repeat each other they count {found.share:.0%}" if found.share < WHOLE else ""
    return f"{spoken}{repeated}; {kept}"
