"""`crowd export`: a version of a training set as a file."""

from __future__ import annotations

from pathlib import Path

import click

from crowd.cli.output import check_streams
from crowd.cli.workplace import Workplace, works_on_database
from crowd.services import export, merge
from crowd.services.access import scope
from crowd.tables.source import STDIO
from crowd.tables.writing import replacing


@click.command("export")
@click.argument("slug")
@click.option("--name", default=merge.DEFAULT_NAME, show_default=True, help="Which training set.")
@click.option(
    "--version", "number", type=click.IntRange(min=1), help="Which version; the newest if not given."
)
@click.option(
    "--format", "form", type=click.Choice(export.FORMATS), help="By the file's ending if not given."
)
@click.option("--output", metavar="FILE", default=STDIO, show_default=True)
@works_on_database
def command(
    place: Workplace, *, slug: str, name: str, number: int | None, form: str | None, output: str
) -> None:
    """Write the examples of a version with payload, label, confidence and lineage."""
    check_streams({}, {"--output": output}, as_json=place.as_json)
    with place.database.write() as session:
        version = scope.version(session, place.project(session, slug), name, number)
        chosen = form or _form(output)
        with replacing(output) as stream:
            for piece in export.write(session, version, chosen):
                stream.write(piece)
        result = {"name": name, "version": version.number, "examples": version.size, "format": chosen}
    if output != STDIO:
        place.show(result, f"{result['examples']} examples of {name} version {result['version']} in {output}")


def _form(output: str) -> str:
    ending = Path(output).suffix.removeprefix(".")
    return ending if ending in export.FORMATS else "jsonl"
