"""`crowd gold`: items whose answer is known, hidden among the others to tell good work from bad."""

from __future__ import annotations

from dataclasses import asdict

import click
from sqlalchemy import select

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.errors import bad_input
from crowd.models import Gold, Item
from crowd.services import intake
from crowd.services.access import scope
from crowd.services.experts import gold_cases, gold_supply, golds
from crowd.services.experts.golds import Correction
from crowd.tables.gold import read_accepted, read_gold
from crowd.tables.source import open_input


@click.group("gold")
def command() -> None:
    """Items whose answer is known."""


@command.command("add")
@click.argument("slug")
@click.argument("file")
@click.option("--source", default="requester", show_default=True, help="Who says so.")
@works_on_database
def add(place: Workplace, *, slug: str, file: str, source: str) -> None:
    """Declare the labels in FILE as known: all of them or none.

    FILE has the columns item and label, and if you like accepted (other right answers: kitten=0.5;tom),
    use (hidden, training or told) and explanation. - is standard input.
    """
    rows = read_gold(open_input(file))
    with place.database.write() as session:
        project = place.project(session, slug)
        imported = intake.add_gold(session, project, rows, source=source, now=utc_now())
    result = {"added": imported.added, "unchanged": imported.unchanged}
    place.show(result, f"{imported.added} gold labels added, {imported.unchanged} were there already")


@command.command("list")
@click.argument("slug")
@works_on_database
def list_(place: Workplace, *, slug: str) -> None:
    """List the gold in force."""
    with place.database.write() as session:
        query = select(Item.key, Gold.label, Gold.use, Gold.source).join(Item, Item.id == Gold.item_id)
        query = query.where(Gold.project_id == place.project(session, slug).id, Gold.retired_at.is_(None))
        rows = [
            {"item": key, "label": label, "use": use, "source": source}
            for key, label, use, source in session.execute(query.order_by(Item.key))
        ]
    place.show_rows("gold", rows)


@command.command("supply")
@click.argument("slug")
@works_on_database
def supply(place: Workplace, *, slug: str) -> None:
    """Count the gold, and the workers for whom it has run out: none is shown to anybody twice."""
    with place.database.write() as session:
        found = gold_supply.supply(session, place.project(session, slug))
    lines = [
        f"{found.hidden} hidden, {found.training} for training, {found.told} not asked",
        f"{found.workers} workers were shown some: {found.low} have few left, {found.finished} none",
    ]
    lines += [f"no hidden gold says {', '.join(found.without)}"] if found.without else []
    lines += [f"warning: {found.warning}"] if found.warning else []
    place.show(asdict(found), lines)


@command.command("correct")
@click.argument("slug")
@click.argument("item")
@click.argument("label")
@click.option("--accepted", help="Other right answers with their credit, e.g. 'kitten=0.5;tom'.")
@click.option("--explanation", default="", help="Why it is right, for workers in training.")
@works_on_database
def correct(
    place: Workplace, *, slug: str, item: str, label: str, accepted: str | None, explanation: str
) -> None:
    """Say that LABEL is right of the gold ITEM, and undo what followed from the error.

    Answers are graded anew, bans that do not hold any more are lifted, what was set aside with them counts
    again, and the consensus is run anew. No answer is bought.
    """
    with place.database.write() as session:
        project = place.project(session, slug)
        found = golds.correct(
            session,
            project,
            item,
            label,
            accepted=_accepted(accepted),
            explanation=explanation,
            reviewer=place.principal(session).actor,
            now=utc_now(),
        )
    place.show(asdict(found), [f"{item} is {found.label} now, not {found.was}", *_undone(found)])


@command.command("retire")
@click.argument("slug")
@click.argument("item")
@click.option("--because", required=True, help="Why it is known no longer.")
@works_on_database
def retire(place: Workplace, *, slug: str, item: str, because: str) -> None:
    """Take the gold ITEM back: nobody knows what is right. Grades on it end, and what followed from them."""
    with place.database.write() as session:
        project = place.project(session, slug)
        gold = golds.of_item(session, project, item)
        actor = place.principal(session).actor
        found = golds.retire(session, project, gold, because=because, reviewer=actor, now=utc_now())
    place.show(asdict(found), [f"{item} is gold no longer; it was {found.was}", *_undone(found)])


@command.command("promote")
@click.argument("slug")
@click.argument("item", required=False)
@click.option("--label", help="What is right of ITEM.  [default: its consensus]")
@click.option("--automatic", is_flag=True, help="Make every candidate gold, without a reviewer.")
@works_on_database
def promote(place: Workplace, *, slug: str, item: str | None, label: str | None, automatic: bool) -> None:
    """Make the settled ITEM gold; without one, look for items that many good workers agree on."""
    with place.database.write() as session:
        project = place.project(session, slug)
        if item is None:
            found = gold_cases.promote(session, project, automatic=automatic, now=utc_now())
            become = "are gold now" if automatic else "are put to a reviewer as gold"
            result: dict[str, object] = {"found": found}
            line = f"{found} items {become}"
        else:
            row = scope.item(session, project, item)
            actor = place.principal(session).actor
            gold = golds.accept(session, project, row, label, reviewer=actor, now=utc_now())
            result = {"item": item, "label": gold.label}
            line = f"{item} is gold now: {gold.label}"
    place.show(result, line)


def _accepted(text: str | None) -> dict[str, float]:
    try:
        return read_accepted(text)
    except ValueError as error:
        raise bad_input("--accepted", str(error)) from None


def _undone(found: Correction) -> list[str]:
    lines = [
        f"{found.regraded} answers graded anew, {len(found.workers)} workers judged anew",
        f"{len(found.lifted)} restrictions lifted, {len(found.restricted)} made",
        f"{found.reinstated} answers count again, {len(found.relabeled)} labels changed",
    ]
    for version in found.versions:
        shown = ", ".join(f"{one.item}: {one.was} -> {one.now or 'not sure'}" for one in version.changes[:5])
        more = f" and {len(version.changes) - 5} more" if len(version.changes) > 5 else ""
        lines.append(f"training set {version.name} version {version.number} is affected: {shown}{more}")
    return lines
