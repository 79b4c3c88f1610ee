"""`crowd batch`: choose items to ask about, and ask."""

from __future__ import annotations

import click
from sqlalchemy import select

from crowd.cli.workplace import Workplace, works_on_database
from crowd.clock import utc_now
from crowd.models import Batch, BatchItem, Item
from crowd.selection.strategies import STRATEGIES
from crowd.services import asking
from crowd.services.access import scope


@click.group("batch")
def command() -> None:
    """Choose items to ask about, and ask."""


@command.command("create")
@click.argument("slug")
@click.option(
    "--size", type=click.IntRange(min=1), help="How many items; the project's batch size if not given."
)
@click.option("--strategy", type=click.Choice(list(STRATEGIES)), help="Another than the project's.")
@click.option("--random-share", type=click.FloatRange(0, 1), help="Another random share than the project's.")
@click.option("--seed", type=click.IntRange(min=0), help="Makes the choice repeatable.")
@works_on_database
def create(
    place: Workplace,
    *,
    slug: str,
    size: int | None,
    strategy: str | None,
    random_share: float | None,
    seed: int | None,
) -> None:
    """Choose items and open them to workers."""
    with place.database.write() as session:
        project = place.project(session, slug)
        batch, asked = asking.ask(
            session,
            project,
            size=size,
            strategy=strategy,
            random_share=random_share,
            seed=seed,
            now=utc_now(),
        )
        result = {"batch": batch.id, "items": batch.size, "answers": asked, "strategy": batch.strategy}
    place.show(result, f"batch {result['batch']}: {result['items']} items, {asked} answers asked for")


@command.command("list")
@click.argument("slug")
@works_on_database
def list_(place: Workplace, *, slug: str) -> None:
    """List the batches, newest first."""
    with place.database.write() as session:
        query = select(Batch).where(Batch.project_id == place.project(session, slug).id)
        rows = [
            {"batch": batch.id, "items": batch.size, "strategy": batch.strategy, "seed": batch.seed}
            for batch in session.scalars(query.order_by(Batch.id.desc()))
        ]
    place.show_rows("batches", rows)


@command.command("show")
@click.argument("slug")
@click.argument("number", type=int)
@works_on_database
def show(place: Workplace, *, slug: str, number: int) -> None:
    """Show the items of a batch, each with its score and the reason it was chosen."""
    with place.database.write() as session:
        batch = scope.batch(session, place.project(session, slug), number)
        query = select(Item.key, BatchItem).join(Item, Item.id == BatchItem.item_id)
        query = query.where(BatchItem.batch_id == batch.id).order_by(BatchItem.rank)
        rows = [
            {"rank": row.rank, "item": key, "score": row.score, "reason": row.reason}
            for key, row in session.execute(query)
        ]
    place.show_rows("items", rows)
