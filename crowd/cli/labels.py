"""`crowd labels`: what the answers say together."""

from __future__ import annotations

from typing import Any

import click

from crowd.cli.output import check_streams, print_json
from crowd.cli.progress import stage
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.services import conclude
from crowd.services.setup import projects
from crowd.tables.source import STDIO
from crowd.tables.writing import replacing, write_csv

COLUMNS = ("item", "label", "confidence", "answers")


@click.command("labels")
@click.argument("slug")
@click.option("--method", help="Another method than the project's.")
@click.option("--output", metavar="FILE", help="Labels as CSV: item,label,confidence,answers.  [default: -]")
@works_on_database
def command(place: Workplace, *, slug: str, method: str | None, output: str | None) -> None:
    """Aggregate the answers so far and print one label for each item.

    The same answers, method and parameters always give the same labels. With --json the posterior and the
    key of the run come along.
    """
    if output is None and not place.as_json:
        output = STDIO
    check_streams({}, {"--output": output}, as_json=place.as_json)
    with place.database.write() as session:
        project = place.project(session, slug)
        run = conclude.conclude(session, project, method=method, now=utc_now(), stage=stage)
        label_set = projects.labels(session, project).labels
        rows: list[dict[str, Any]] = [
            {
                "item": item.key,
                "label": found.label,
                "confidence": found.confidence,
                "answers": found.votes,
                "posterior": dict(zip(label_set, found.posterior, strict=bool(found.posterior))),
                "human_posterior": found.human_posterior
                and dict(zip(label_set, found.human_posterior, strict=True)),
            }
            for item, found in conclude.labels_of(session, run)
        ]
        result = {"method": run.method, "run": run.key, "evidence": run.evidence, "labels": rows}
    if output is not None:
        with replacing(output) as stream:
            write_csv(stream, COLUMNS, [tuple(row[name] for name in COLUMNS) for row in rows])
    if place.as_json:
        print_json(result)
