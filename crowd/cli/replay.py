"""`crowd replay`: recorded real answers through the real pipeline, to see what quality would have cost."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from aggregation.registry import AGGREGATORS, DEFAULT
from crowd import logs, migrations
from crowd.cli.output import json_option, print_json
from crowd.cli.progress import ERASE_LINE, stage, watched
from crowd.cli.project_settings import micros
from crowd.cli.workplace import table
from crowd.db import Database, connect
from crowd.trials.recording import ORDERS, Order, read_recording
from crowd.trials.replay import ReplayPlan, ReplayResult, replay
from workers.money import MICROS, display

DIGITS = 6


@click.command("replay")
@click.argument("path", metavar="DIR")
@click.option(
    "--overlap", type=click.IntRange(1, 1000), help="Answers per item.  [default: 3, or 2 at least]"
)
@click.option("--confidence", type=click.FloatRange(0.5, 1, max_open=True), help="Buy more until this sure.")
@click.option("--max-overlap", type=click.IntRange(1, 1000), help="At most.  [default: overlap + 3]")
@click.option("--gold", type=click.IntRange(min=0), default=0, show_default=True, help="Items used as gold.")
@click.option("--method", type=click.Choice(list(AGGREGATORS)), default=DEFAULT, show_default=True)
@click.option("--model", metavar="NAME", help="Choose items by a model: builtin, or module:object.")
@click.option(
    "--batch-size", type=click.IntRange(min=1), help="Items per batch.  [default: all; a tenth with --model]"
)
@click.option("--price", default="0.01", show_default=True, help="Dollars for one answer.")
@click.option("--order", type=click.Choice(ORDERS), default="random", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--database", metavar="URL", help="Replay into this database.  [default: a temporary one]")
@click.option("--keep", metavar="FILE", help="Keep the replay's database in a new file.")
@json_option
def command(
    *,
    path: str,
    price: str,
    order: Order,
    seed: int,
    database: str | None,
    keep: str | None,
    as_json: bool,
    **plan: Any,  # noqa: ANN401 - the options that are fields of a plan
) -> None:
    """Run recorded answers through the pipeline as if they were bought one by one.

    DIR holds answers.csv (item or `task`, worker, label), truth.csv (item, label) and, where the contents are
    known, items.csv or items.jsonl; each may be gzipped. Accuracy is measured on the items with truth that
    are not gold; one that ends without a label counts as wrong. Gold is drawn from the truth and paid for
    like any other question.
    """
    _check(plan, database, keep)
    chosen = ReplayPlan(price_micros=micros(price, "--price"), seed=seed, **plan)
    started = time.perf_counter()
    with stage(f"reading {path}"):
        recording = read_recording(path, order=order, seed=seed)
    with _database(database, keep) as opened, _progress(len(recording.answers)) as watch:
        result = replay(opened, recording, chosen, watch=watch)
    seconds = round(time.perf_counter() - started, 2)
    if as_json:
        print_json(_described(result) | {"order": order, "seed": seed, "seconds": seconds})
    else:
        click.echo("\n".join([*_lines(result, chosen), *_where(result, database, keep, seconds)]))


def _check(plan: dict[str, Any], database: str | None, keep: str | None) -> None:
    if plan["max_overlap"] and plan["confidence"] is None:
        raise click.UsageError("--max-overlap goes with --confidence; without it every item gets --overlap")
    if plan["max_overlap"] and plan["max_overlap"] < (plan["overlap"] or 2):
        raise click.UsageError(f"--max-overlap cannot be below the overlap of {plan['overlap'] or 2}")
    if database and keep:
        raise click.UsageError("give --database or --keep, not both")
    if keep and Path(keep).exists():
        raise click.UsageError(
            f"--keep {keep}: there is such a file already; use --database sqlite:///{keep}"
        )


@contextmanager
def _database(url: str | None, keep: str | None) -> Iterator[Database]:
    """Open the database to replay into: the user's own, a new file, or one that is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="crowd-replay-") as directory:
        address = url or f"sqlite:///{keep or Path(directory, 'replay.db')}"
        logs.configure(as_json=False)
        # Only the user's own database holds more than this run, which can simply be run again.
        database = connect(address, durable=url is not None)
        try:
            migrations.prepare(database)
            yield database
        finally:
            database.dispose()


@contextmanager
def _progress(available: int) -> Iterator[Callable[[int], None]]:
    """Show how many answers were bought so far."""
    is_watched = watched()

    def show(bought: int) -> None:
        if is_watched:
            click.echo(f"{ERASE_LINE}{bought:,} of {available:,} answers bought …", nl=False, err=True)

    show(0)
    try:
        yield show
    finally:
        if is_watched:
            click.echo(ERASE_LINE, nl=False, err=True)


def _described(result: ReplayResult) -> dict[str, Any]:
    plain = asdict(result)
    confidence = result.mean_confidence
    return plain | {
        "cost": plain.pop("cost_micros") / MICROS,
        "saved": round(result.saved, DIGITS),
        "accuracy": _rounded(plain["accuracy"]),
        "full_accuracy": _rounded(plain["full_accuracy"]),
        "mean_confidence": None if confidence is None else round(confidence, DIGITS),
    }


def _rounded(shares: dict[str, float]) -> dict[str, float]:
    return {method: round(share, DIGITS) for method, share in shares.items()}


def _lines(result: ReplayResult, plan: ReplayPlan) -> list[str]:
    workers = f"{result.workers:,} workers"
    gold = f", {result.gold_answers:,} of them to {result.gold_items:,} gold items" if plan.gold else ""
    share = result.answers_bought / result.answers_available
    each = display(plan.price_micros)
    sure = "-" if result.mean_confidence is None else f"{result.mean_confidence:.4f}"
    rows = [
        {"accuracy": method, "bought": result.accuracy[method], "all recorded": result.full_accuracy[method]}
        for method in result.accuracy
    ]
    lines = [
        f"recorded  {result.answers_available:,} answers to {result.items:,} items, {workers}",
        f"bought    {result.answers_bought:,} answers ({share:.1%}){gold}",
        f"cost      {display(result.cost_micros)} at {each} an answer; {result.saved:.1%} saved",
        f"measured  {result.measured:,} items with truth that are not gold",
        "",
        table(rows),
        "",
        f"{plan.method} decides; its mean confidence on the measured items is {sure}",
    ]
    return lines + [text for number, text in _remarks(result) if number]


def _remarks(result: ReplayResult) -> list[tuple[int, str]]:
    return [
        (result.restricted, f"{result.restricted:,} workers were kept out for their answers to gold"),
        (result.unlabeled, f"{result.unlabeled:,} of the measured items have no label and count as wrong"),
        (
            result.answers_repeated,
            f"{result.answers_repeated:,} rows name an item and worker again: the first recorded counts",
        ),
    ]


def _where(result: ReplayResult, database: str | None, keep: str | None, seconds: float) -> list[str]:
    if not (database or keep):
        return [f"{seconds:.1f} seconds; nothing is left of this run, --keep FILE keeps its database"]
    url = database or f"sqlite:///{keep}"
    return [
        f"{seconds:.1f} seconds; look around in project {result.project}:",
        f"  crowd project show {result.project} --database {url}",
        f"  crowd labels {result.project} --database {url}",
    ]
