"""`crowd answers`: what workers said, as a table that `crowd aggregate` reads."""

from __future__ import annotations

import click

from crowd.cli.output import pour
from crowd.cli.workplace import Workplace, works_on_database
from crowd.services.reports import answers
from crowd.tables.lines import FORMATS, write_lines
from crowd.tables.source import STDIO


@click.command("answers")
@click.argument("slug")
@click.option("--all", "everything", is_flag=True, help="Gold and what was set aside too, and every column.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--output", metavar="FILE", default=STDIO, show_default=True)
@works_on_database
def command(place: Workplace, *, slug: str, everything: bool, form: str, output: str) -> None:
    """Write the answers of a project, by pseudonym, in the order they came.

    Without --all these are the answers that labels are made of, in the columns that `crowd aggregate`
    reads: item, worker, label, timestamp, seconds.
    """
    columns = answers.COLUMNS if everything else answers.READABLE
    with place.database.read() as session:
        project = place.project(session, slug)
        rows = answers.rows(session, project, counted=not everything)
        pieces = write_lines(columns, rows, form, exact=answers.exact(project))
        pour(pieces, output, as_json=place.as_json)
    if output != STDIO:
        place.show({"output": output}, f"the answers of {slug} are in {output}")
