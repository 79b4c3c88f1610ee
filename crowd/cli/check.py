"""`crowd check`: whether a database keeps its promises."""

from __future__ import annotations

from collections.abc import Sequence

import click

from crowd import migrations
from crowd.cli.db import existing
from crowd.cli.output import json_option
from crowd.cli.workplace import Workplace, database_option, requester_option
from crowd.services.check import Finding, check

VIOLATED = 1


@click.command("check")
@click.option("--project", metavar="PROJECT", help="Check one project only.")
@database_option
@requester_option
@json_option
def command(*, project: str | None, database: str, requester: str, as_json: bool) -> None:
    """Check every invariant against the rows, and name those that break one.

    Ends with 1 where an invariant is violated. Reads one snapshot: work may go on meanwhile.
    """
    with existing(database) as opened:
        migrations.ensure_current(opened)
        place = Workplace(opened, requester, as_json)
        with opened.read() as session:
            chosen = None if project is None else place.project(session, project).id
            findings = check(session, project_id=chosen)
    place.show(_result(findings), _report(findings))
    if not all(finding.ok for finding in findings):
        click.get_current_context().exit(VIOLATED)


def _result(findings: Sequence[Finding]) -> dict[str, object]:
    rows = [
        {
            "number": finding.invariant.number,
            "invariant": finding.invariant.text,
            "ok": finding.ok,
            "violations": finding.violations,
            "named": list(finding.named),
        }
        for finding in findings
    ]
    return {"ok": all(finding.ok for finding in findings), "invariants": rows}


def _report(findings: Sequence[Finding]) -> list[str]:
    lines = [line for finding in findings for line in _lines(finding)]
    violated = sum(not finding.ok for finding in findings)
    return [*lines, "", f"{len(findings)} invariants checked, {violated} violated"]


def _lines(finding: Finding) -> list[str]:
    verdict = "ok" if finding.ok else "VIOLATED"
    rest = finding.violations - len(finding.named)
    more = [f"              … and {rest} more"] if rest else []
    heading = f"{verdict:<8}  {finding.invariant.number:>2}  {finding.invariant.text}"
    return [heading, *(f"              {line}" for line in finding.named), *more]
