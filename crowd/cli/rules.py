"""`crowd rules`: what is watched in a project, and what is done about it."""

from __future__ import annotations

import json
from typing import Any

import click

from crowd.cli.workplace import Workplace, table, works_on_database
from crowd.clock import utc_now
from crowd.errors import bad_input
from crowd.models import Firing, Rule
from crowd.services.access import scope
from crowd.services.rules import trial
from crowd.services.rules.actions import release as end_hold
from crowd.services.rules.trial import Trial
from crowd.services.rules.words import said, subjects
from crowd.services.setup import rule_book
from crowd.services.setup.default_rules import DEFAULTS
from crowd.tables.source import open_input
from qc.rule_text import FORM, text
from qc.rules import read

RULE = click.argument("rule")


@click.group("rules")
def command() -> None:
    """What is watched in a project, and what is done about it.

    A rule is one line: collect COLLECTOR; when FACT >= VALUE and ...; do ACTION NAME VALUE ...
    """


@command.command("add")
@click.argument("slug")
@click.argument("name")
@click.argument("rule", required=False)
@click.option("--file", metavar="FILE", help="Read the rule from a JSON file instead.")
@click.option("--activate", is_flag=True, help="Put it in force at once.")
@works_on_database
def add(
    place: Workplace, *, slug: str, name: str, rule: str | None, file: str | None, activate: bool
) -> None:
    """Draft RULE under NAME; under a name that is taken it is the next version."""
    if (rule is None) == (file is None):
        raise click.UsageError(f"give a rule, or a file with one: {FORM}")
    body = _from_file(file) if file is not None else rule_book.of_line(rule or "")
    with place.database.write() as session:
        principal, project = place.principal(session), place.project(session, slug)
        row = rule_book.add(session, principal, project, name, body, now=utc_now())
        if activate:
            row = rule_book.activate(session, principal, project, name, row.version, now=utc_now())
        shown = _row(row)
    place.show(shown, f"{name} v{shown['version']} is {_state(shown['state'])}: {shown['rule']}")


@command.command("list")
@click.argument("slug")
@works_on_database
def list_(place: Workplace, *, slug: str) -> None:
    """List the rules of a project: the version in force, or else the newest."""
    with place.database.read() as session:
        rows = [_row(row) for row in rule_book.rules(session, place.project(session, slug))]
    place.show_rows("rules", rows)


@command.command("show")
@click.argument("slug")
@click.argument("name")
@works_on_database
def show(place: Workplace, *, slug: str, name: str) -> None:
    """Show every version of a rule, the newest as data."""
    with place.database.read() as session:
        project = place.project(session, slug)
        newest = rule_book.one(session, project, name)
        rows = [_row(row) for row in rule_book.versions(session, project, name)]
    result = {"versions": rows, "body": newest.body}
    place.show(result, [table(rows), "", json.dumps(newest.body, indent=2, ensure_ascii=False)])


@command.command("try")
@click.argument("slug")
@click.argument("rule")
@click.option("--moments", type=click.IntRange(1, 200), default=trial.MOMENTS, show_default=True)
@works_on_database
def try_(place: Workplace, *, slug: str, rule: str, moments: int) -> None:
    """Tell whom RULE, a name or a line, would have hit so far, and when; nothing changes."""
    with place.database.read() as session:
        project = place.project(session, slug)
        is_line = ";" in rule
        body = rule_book.of_line(rule) if is_line else rule_book.one(session, project, rule).body
        checked = rule_book.checked(project, body)
        found = trial.attempt(session, project, checked, now=utc_now(), moments=moments)
    hits: list[dict[str, Any]] = [
        {
            found.about: hit.subject,
            "at": hit.at.isoformat(timespec="minutes"),
            "answers": hit.answers,
            "after": hit.after,
            "facts": hit.facts,
        }
        for hit in found.hits
    ]
    rows = [{**hit, "facts": said(hit["facts"])} for hit in hits]
    place.show({**found.summary(), "hits": hits}, [_summary(found), *([table(rows)] if rows else [])])


@command.command("activate")
@click.argument("slug")
@click.argument("name")
@click.option("--version", type=click.IntRange(min=1), help="The newest unless given.")
@works_on_database
def activate(place: Workplace, *, slug: str, name: str, version: int | None) -> None:
    """Put a rule in force; the version in force before is retired."""
    with place.database.write() as session:
        principal, project = place.principal(session), place.project(session, slug)
        shown = _row(rule_book.activate(session, principal, project, name, version, now=utc_now()))
    place.show(shown, f"{name} v{shown['version']} is in force: {shown['rule']}")


@command.command("retire")
@click.argument("slug")
@click.argument("name")
@works_on_database
def retire(place: Workplace, *, slug: str, name: str) -> None:
    """End a rule; what it did stays."""
    with place.database.write() as session:
        principal, project = place.principal(session), place.project(session, slug)
        ended = rule_book.retire(session, principal, project, name, now=utc_now())
    place.show({"name": name, "retired": ended}, f"{name} is retired")


@command.command("firings")
@click.argument("slug")
@click.option("--rule", "name", help="Of one rule only.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@works_on_database
def firings(place: Workplace, *, slug: str, name: str | None, limit: int) -> None:
    """List what rules did, the newest first, with the facts that led to it."""
    with place.database.read() as session:
        project = place.project(session, slug)
        found = rule_book.firings(session, project, name=name, limit=limit)
        names = subjects(session, [firing for firing, _ in found])
        rows = [_firing(firing, row, names[firing.id]) for firing, row in found]
    lines = [{**row, "facts": said(row["facts"]), "done": said(row["done"])} for row in rows]
    place.show({"firings": rows}, table(lines) or "no firings")


@command.command("defaults")
@click.argument("slug")
@click.argument("names", nargs=-1)
@click.option("--install", is_flag=True, help="Draft those named, or all that fit, where there are none.")
@works_on_database
def defaults(place: Workplace, *, slug: str, names: tuple[str, ...], install: bool) -> None:
    """List the rules that come with crowd, or draft them for a project."""
    with place.database.write() as session:
        project = place.project(session, slug)
        if install:
            principal = place.principal(session)
            drafted = rule_book.install(session, principal, project, names, now=utc_now())
            place.show_rows("rules", [_row(row) for row in drafted])
            return
        there = {row.name: row.state for row in rule_book.rules(session, project)}
    rows = [
        {"name": each.name, "here": there.get(each.name, "-"), "rule": each.line, "why": each.why}
        for each in DEFAULTS
        if not names or each.name in names
    ]
    place.show_rows("defaults", rows)


@command.command("release")
@click.argument("slug")
@click.argument("pseudonym")
@works_on_database
def release(place: Workplace, *, slug: str, pseudonym: str) -> None:
    """Let a worker be paid whose pay a rule holds."""
    with place.database.write() as session:
        principal, project = place.principal(session), place.project(session, slug)
        worker = scope.worker(session, principal, pseudonym)
        ended = end_hold(session, project, worker, actor=principal.actor, now=utc_now())
    words = "is paid with the next turn" if ended else "was not waiting"
    place.show({"worker": pseudonym, "released": ended}, f"what is due to {pseudonym} {words}")


def _from_file(path: str) -> Any:  # noqa: ANN401 - checked later
    try:
        return json.loads(open_input(path).body)
    except ValueError as error:
        raise bad_input(path, f"is not JSON: {error}") from None


def _row(row: Rule) -> dict[str, Any]:
    return {"name": row.name, "version": row.version, "state": row.state, "rule": text(read(row.body))}


def _state(state: str) -> str:
    return "in force" if state == "active" else state + "ed"


def _firing(firing: Firing, row: Rule, subject: str) -> dict[str, Any]:
    return {
        "at": firing.created_at.isoformat(timespec="minutes"),
        "rule": f"{row.name} v{row.version}",
        "subject": subject,
        "facts": firing.facts,
        "done": firing.action,
    }


def _summary(found: Trial) -> str:
    return (
        f"{len(found.hits)} of {found.subjects} {found.about}s ({found.share:.0%}), "
        f"{found.answers_share:.0%} of all {found.answers} answers; looked at {found.moments} moments"
    )
