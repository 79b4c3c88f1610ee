"""`crowd project instructions`, `labels`: what workers are told, and what the labels mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from crowd.cli.project_settings import json_object
from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models import Instructions
from crowd.services.access import scope
from crowd.services.setup import instructions, label_sets
from crowd.tables.reading import json_objects
from crowd.tables.reading import text as decoded
from crowd.tables.source import open_input

FIELDS = ("version", "text", "examples", "template")


@click.command("instructions")
@click.argument("slug")
@click.argument("file", required=False)
@click.option("--examples", metavar="FILE", help="JSON Lines, each with payload, label, note, good.")
@click.option("--template", metavar="FILE", help="A page for one question, in Jinja.")
@works_on_database
def command(
    place: Workplace, *, slug: str, file: str | None, examples: str | None, template: str | None
) -> None:
    """Put FILE in force as what workers are told; without any file, list the versions.

    What is not given stays as it is. Every page says which version it was built with.
    """
    given = _given(file, examples, template)
    if not given:
        return _list(place, slug)
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        held = instructions.words_of(instructions.current(session, project))
        told = instructions.revise(session, principal, project, replace(held, **given), now=utc_now())
        result = _row(told)
    return place.show(result, f"version {result['version']} of the instructions of {slug} is in force")


@click.command("labels")
@click.argument("slug")
@click.argument("details")
@works_on_database
def labels(place: Workplace, *, slug: str, details: str) -> None:
    """Say what the labels mean: DETAILS is JSON, by label definition, parent, key and kind.

    The labels themselves stay. A label of kind "other" asks for the worker's own words.
    """
    wanted = json_object(details, "DETAILS")
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        made = label_sets.describe(session, principal, project, wanted, now=utc_now())
        result = {"version": made.version, "details": made.details}
    place.show(result, f"version {result['version']} of the labels of {slug} is in force")


def _given(file: str | None, examples: str | None, template: str | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if file is not None:
        given["text"] = decoded(open_input(file))
    if examples is not None:
        source = open_input(examples)
        given["examples"] = tuple(example for _, example in json_objects(source.name, decoded(source)))
    if template is not None:
        given["template"] = decoded(open_input(template))
    return given


def _list(place: Workplace, slug: str) -> None:
    with place.database.write() as session:
        versions = [_row(told) for told in instructions.versions(session, place.project(session, slug))]
    lines = [
        f"version {row['version']}: {len(row['text'])} characters, {len(row['examples'])} examples"
        for row in versions
    ]
    place.show({"versions": versions}, [*lines, "", versions[0]["text"]])


def _row(told: Instructions) -> dict[str, Any]:
    return {name: getattr(told, name) for name in FIELDS}
