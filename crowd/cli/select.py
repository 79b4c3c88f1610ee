"""`crowd select`: the items to ask about, from a model's predictions, without a server or a database."""

from __future__ import annotations

import click
import numpy as np

from crowd.cli.output import check_csv, check_streams, json_option, print_json
from crowd.cli.progress import stage
from crowd.errors import Unprocessable
from crowd.selection.predictions import check
from crowd.selection.strategies import STRATEGIES, Choice, select
from crowd.tables.predictions import PredictionTable, read_predictions
from crowd.tables.source import STDIO, open_input
from crowd.tables.writing import replacing, write_csv

COLUMNS = ("rank", "item", "score", "reason")
DIGITS = 9


@click.command("select")
@click.argument("predictions", metavar="PREDICTIONS")
@click.option("--strategy", type=click.Choice(list(STRATEGIES)), default="margin", show_default=True)
@click.option("--size", type=click.IntRange(min=1), required=True, help="How many items to choose.")
@click.option(
    "--random-share",
    type=click.FloatRange(0, 1),
    default=0.25,
    show_default=True,
    help="Part drawn at random, as a sample to measure on.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--output", metavar="FILE", help="The choice as CSV: rank,item,score,reason.  [default: -]")
@json_option
def command(
    *,
    predictions: str,
    strategy: str,
    size: int,
    random_share: float,
    seed: int,
    output: str | None,
    as_json: bool,
) -> None:
    """Rank the items a model is least sure of, with a random share among them.

    PREDICTIONS is a CSV file with the column item (or `task`) and one column of probabilities per label,
    a .npy file of shape (items, labels) whose items are called by their row from 0, or - for standard input.
    """
    if output is None and not as_json:
        output = STDIO
    check_streams({"PREDICTIONS": predictions}, {"--output": output}, as_json=as_json)
    check_csv(output)
    with stage(f"reading {predictions}"):
        table = read_predictions(open_input(predictions))
    chosen = _choose(table, strategy=strategy, size=size, random_share=random_share, seed=seed)
    if output:
        with replacing(output) as stream:
            write_csv(stream, COLUMNS, [tuple(_row(table, choice).values()) for choice in chosen])
    if as_json:
        settings = {"strategy": strategy, "size": size, "random_share": random_share, "seed": seed}
        rows = [_row(table, choice) for choice in chosen]
        print_json({**settings, "items": len(table.keys), "labels": list(table.labels), "chosen": rows})


def _choose(
    table: PredictionTable, *, strategy: str, size: int, random_share: float, seed: int
) -> list[Choice]:
    try:
        return select(
            check(table.probabilities, table.labels, table.keys),
            strategy=strategy,
            size=size,
            random_share=random_share,
            rng=np.random.default_rng(seed),
            labels=table.labels,
        )
    except ValueError as error:
        raise Unprocessable(str(error)) from error


def _row(table: PredictionTable, choice: Choice) -> dict[str, str | int | float]:
    return {
        "rank": choice.rank,
        "item": table.keys[choice.index],
        "score": round(choice.score, DIGITS),
        "reason": choice.reason,
    }
