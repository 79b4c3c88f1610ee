"""`crowd labels`: what the answers say together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy.orm import Session

from crowd.cli.output import check_csv, check_streams, print_json
from crowd.cli.progress import stage
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.errors import NotFound
from crowd.models import Consensus, ConsensusRun, Item, Project, Provisional
from crowd.services import conclude, provisional
from crowd.services.reports import browse, label_table
from crowd.tables.source import STDIO
from crowd.tables.writing import replacing, write_csv


@click.command("labels")
@click.argument("slug")
@click.option("--method", help="Another method than the project's.")
@click.option(
    "--provisional",
    "since",
    is_flag=True,
    help="Aggregate nothing: show the last run's labels with those judged since, which a column marks.",
)
@click.option("--output", metavar="FILE", help="Labels as CSV: item,label,confidence,answers.  [default: -]")
@works_on_database
def command(place: Workplace, *, slug: str, method: str | None, since: bool, output: str | None) -> None:
    """Aggregate the answers so far and print one label for each item.

    The same answers, method and parameters always give the same labels. With --json the posterior and the
    key of the run come along.
    """
    if output is None and not place.as_json:
        output = STDIO
    check_streams({}, {"--output": output}, as_json=place.as_json)
    check_csv(output)
    with place.database.read() if since else place.database.write() as session:
        project = place.project(session, slug)
        if since:
            run = _last_run(session, project, method)
            found: Sequence[Any] = provisional.labels_of(session, run)
        else:
            run = conclude.conclude(session, project, method=method, now=utc_now(), stage=stage)
            found = conclude.labels_of(session, run)
        names = browse.label_set(session, run).labels
        rows = [_row(item, said, names) for item, said in found]
        result = {"method": run.method, "run": run.key, "evidence": run.evidence, "labels": rows}
    if output is not None:
        columns = label_table.MARKED if since else label_table.COLUMNS
        with replacing(output) as stream:
            write_csv(stream, columns, [tuple(row[name] for name in columns) for row in rows])
    if place.as_json:
        print_json(result)


def _last_run(session: Session, project: Project, method: str | None) -> ConsensusRun:
    run = conclude.latest_run(session, project, method)
    if run is None:
        raise NotFound(
            f"no consensus run of {method or project.method!r} yet: leave --provisional out to make one"
        )
    return run


def _row(item: Item, said: Consensus | Provisional, names: Sequence[str]) -> dict[str, Any]:
    alone = said.human_posterior if isinstance(said, Consensus) else None
    return {
        "item": item.key,
        "label": said.label,
        "confidence": said.confidence,
        "answers": said.votes,
        "posterior": dict(zip(names, said.posterior, strict=bool(said.posterior))),
        "human_posterior": alone and dict(zip(names, alone, strict=True)),
        "provisional": isinstance(said, Provisional),
    }
