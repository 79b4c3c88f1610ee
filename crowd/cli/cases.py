"""`crowd review queue`, `case`, `decide`: what needs a reviewer, beside the pages that wait for their pay."""

from __future__ import annotations

import json
from typing import Any

import click

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models import Case
from crowd.models.case import CASE_KINDS, CASE_STATES
from crowd.services import cases
from crowd.services.access import scope
from crowd.services.experts import casefile, rulings
from crowd.services.experts.casefile import CaseFile
from crowd.services.experts.rulings import LONGEST_NOTE, OUTCOMES

ALL_OUTCOMES = tuple(dict.fromkeys(outcome for named in OUTCOMES.values() for outcome in named))


@click.command("queue")
@click.argument("slug")
@click.option("--kind", type=click.Choice(CASE_KINDS), help="Only these.")
@click.option("--state", type=click.Choice(CASE_STATES), default="open", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True)
@works_on_database
def queue(place: Workplace, *, slug: str, kind: str | None, state: str, limit: int) -> None:
    """List the cases that need a reviewer: appeals, gold, then what is most likely wrong."""
    with place.database.read() as session:
        project = place.project(session, slug)
        found = cases.queue(session, project, kind=kind, state=state, limit=limit)
        keys = casefile.keys(session, found)
        rows = [_row(case, keys) for case in found]
    place.show_rows("cases", rows)


@click.command("case")
@click.argument("slug")
@click.argument("number", type=int)
@works_on_database
def case(place: Workplace, *, slug: str, number: int) -> None:
    """Show one case: why it is here, what it is about, what was answered, and how it can end."""
    with place.database.read() as session:
        project = place.project(session, slug)
        found = casefile.read(session, project, cases.find(session, project, number))
        shown = _shown(found)
    place.show(shown, [f"{name}: {_text(value)}" for name, value in shown.items() if value not in (None, "")])


@click.command("decide")
@click.argument("slug")
@click.argument("number", type=int)
@click.option("--outcome", type=click.Choice(ALL_OUTCOMES), required=True, help="How the case ends.")
@click.option("--label", default="", help="What is right; JSON where answers are no labels.")
@click.option(
    "--note", default="", help=f"Why, up to {LONGEST_NOTE} characters; a worker whose appeal it is is told."
)
@click.option(
    "--wrong-gold",
    "wrong",
    multiple=True,
    metavar="ITEM[=LABEL]",
    help="With an appeal: gold that is wrong, and what is right; without a label it is retired.",
)
@works_on_database
def decide(
    place: Workplace,
    *,
    slug: str,
    number: int,
    outcome: str,
    label: str,
    note: str,
    wrong: tuple[str, ...],
) -> None:
    """Rule on a case. A label settles its item as an expert's word."""
    with place.database.write() as session:
        principal = place.principal(session)
        project = scope.project(session, principal, slug)
        ruling = rulings.typed(project, outcome, label, note, wrong)
        closed = rulings.close(
            session, principal, project, cases.find(session, project, number), ruling, now=utc_now()
        )
        result = {"case": closed.id, "kind": closed.kind, "outcome": closed.outcome, "label": closed.label}
    place.show(result, f"case {number} is {outcome}" + (f": {result['label']}" if result["label"] else ""))


def _row(case: Case, keys: dict[int, str]) -> dict[str, Any]:
    return {
        "case": case.id,
        "kind": case.kind,
        "about": keys.get(case.item_id, case.subject) if case.item_id else case.subject,
        "value": case.value,
        "since": case.created_at.isoformat(timespec="minutes"),
        "outcome": case.outcome,
        "label": case.label,
    }


def _shown(found: CaseFile) -> dict[str, Any]:
    row = found.case
    return {
        "case": row.id,
        "kind": row.kind,
        "state": row.state,
        "item": found.item.key if found.item else None,
        "payload": found.item.payload if found.item else None,
        "worker": found.worker.pseudonym if found.worker else None,
        "says": row.text or None,
        "facts": row.facts,
        "label": found.label,
        "confidence": found.confidence,
        "posterior": dict(found.posterior) or None,
        "gold": found.gold.label if found.gold else None,
        "reason": found.reason,
        "answers": [
            {"item": said.item, "worker": said.worker, "value": said.value, "counts": said.counts}
            | {"accuracy": said.accuracy, "note": said.note, "gold": said.gold}
            for said in found.answers
        ],
        "outcomes": list(found.outcomes),
        "outcome": row.outcome,
        "note": row.note,
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
