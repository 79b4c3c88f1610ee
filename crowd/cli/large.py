"""`crowd aggregate-large`: labels from answers that do not fit memory, or one machine."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click

from aggregation.sharded import STEPS
from crowd.cli.columns import columns_option
from crowd.cli.known import check_spoken, labels_of
from crowd.cli.output import check_csv, check_streams, json_option, print_json, repeats
from crowd.cli.progress import timed
from crowd.errors import bad_input
from crowd.services.large_files import Large, Score, fit_here, fit_on_cluster, lay_out
from crowd.tables.memory import MB, Cap
from crowd.tables.results import DIGITS
from crowd.tables.source import STDIO
from crowd.tables.writing import replacing

UNITS = {"MB": MB, "GB": 1000 * MB}


class Memory(click.ParamType[int]):
    """An amount of memory, such as 500MB or 2GB."""

    name = "amount"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(MB|GB)", value, re.IGNORECASE)
        if not found:
            self.fail(f"{value!r} is no amount of memory; write it like 500MB or 2GB", param, ctx)
        return int(float(found[1]) * UNITS[found[2].upper()])


@click.command("aggregate-large")
@click.argument("answers", metavar="ANSWERS", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@columns_option
@click.option("--method", type=click.Choice(list(STEPS)), default="dawid-skene", show_default=True)
@click.option("--memory", type=Memory(), default="1GB", show_default=True, help="What this process may hold.")
@click.option("--gold", metavar="FILE", help="Known labels the method may use: CSV with item,label.")
@click.option("--truth", metavar="FILE", help="True labels to measure accuracy against: CSV with item,label.")
@click.option(
    "--scratch",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where the shards lie meanwhile: about as large as a plain CSV file.  [default: temporary files]",
)
@click.option("--scheduler", metavar="ADDRESS", help="Fit on this Dask cluster, which must see --scratch.")
@click.option("--output", metavar="FILE", help="Labels as CSV: item,label,confidence,answers.  [default: -]")
@click.option("--workers", metavar="FILE", help="Also write worker,skill,answers,agreement.")
@click.option("--max-iterations", type=click.IntRange(min=1), help="Passes over the answers at most.")
@click.option("--tolerance", type=float, help="Stop when a pass changes less than this.")
@json_option
def command(
    *,
    answers: Path,
    called: dict[str, str],
    method: str,
    memory: int,
    gold: str | None,
    truth: str | None,
    scratch: Path | None,
    scheduler: str | None,
    output: str | None,
    workers: str | None,
    max_iterations: int | None,
    tolerance: float | None,
    as_json: bool,
) -> None:
    """Turn answers that do not fit memory into one label per item.

    ANSWERS is a CSV file (gzip is understood) or a Parquet file with the columns item (or `task`), worker and
    label. The labels are those of `crowd aggregate` with the same method, in the same order; answers lie on
    disk meanwhile, and what every worker did must fit memory.
    """
    if output is None and not as_json:
        output = STDIO
    inputs = {"ANSWERS": str(answers), "--gold": gold, "--truth": truth}
    check_streams(inputs, {"--output": output, "--workers": workers}, as_json=as_json)
    check_csv(output, workers)
    if scheduler and not scratch:
        raise click.UsageError("--scheduler needs --scratch: a folder that every machine of the cluster sees")
    given = {"max_iterations": max_iterations, "tolerance": tolerance}
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    seconds: dict[str, float] = {}
    cap = Cap(memory)
    with tempfile.TemporaryDirectory(prefix="crowd-shards-", dir=scratch) as folder:
        with timed(seconds, "read", f"reading {answers}"):
            known, true = labels_of(gold), labels_of(truth)
            shards = lay_out(answers, Path(folder), cap, gold=known, called=called)
            check_spoken(truth, (true or {}).values(), shards.labels)
        with timed(seconds, "fit", f"fitting {method}"):
            fit = fit_here if scheduler is None else partial(fit_on_cluster, scheduler=scheduler)
            found = fit(shards, method, cap, truth=true, **settings)
        if found.score is not None and not found.score.scored:
            raise bad_input(truth or "--truth", "names none of the items that were answered")
        with timed(seconds, "write", "writing"):
            _write(found, output, workers)
            cap.heed()
        result = _summary(found, method) | {"memory_mb": cap.held // MB, "seconds": seconds}
    if as_json:
        print_json(result)
    else:
        click.echo(_report(result), err=True)


def _write(found: Large, output: str | None, workers: str | None) -> None:
    """Write the files asked for; both take their places only after both are written."""
    with ExitStack() as files:
        if output:
            found.write_labels(files.enter_context(replacing(output)))
        if workers:
            found.write_workers(files.enter_context(replacing(workers)))


def _summary(found: Large, method: str) -> dict[str, Any]:
    shards = found.shards
    return {
        "method": method,
        "items": shards.items,
        "workers": len(shards.workers),
        "answers": len(shards.pairs.code),
        "repeated": shards.rows - len(shards.pairs.code),
        "labels": list(shards.labels),
        "shards": shards.count,
        "iterations": found.fit.iterations,
        "log_likelihood": found.fit.log_likelihood,
        "mean_confidence": round(found.mean_confidence, DIGITS),
        **_accuracy(found.score),
    }


def _accuracy(score: Score | None) -> dict[str, Any]:
    """Return the share of right labels among items with truth, and among those that were not gold too."""
    if score is None:
        return {"accuracy": None, "scored": 0, "accuracy_without_gold": None}
    tells_more = 0 < score.unseen < score.scored
    return {
        "accuracy": score.right / score.scored,
        "scored": score.scored,
        "accuracy_without_gold": score.unseen_right / score.unseen if tells_more else None,
    }


def _report(result: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{result[what]:,} {what}" for what in ("items", "workers", "answers"))
    lines = [
        f"{result['method']}: {counts}",
        f"shards      {result['shards']}",
        f"confidence  {result['mean_confidence']:.4f} on average",
        f"passes      {result['iterations']}",
        f"memory      {result['memory_mb']} MB at most",
    ]
    if result["accuracy"] is not None:
        lines.append(f"accuracy    {result['accuracy']:.4f} on the {result['scored']:,} items with truth")
    if result["accuracy_without_gold"] is not None:
        lines.append(f"            {result['accuracy_without_gold']:.4f} on those of them that are not gold")
    lines += repeats(result)
    return "\n".join(
        [*lines, "seconds     " + ", ".join(f"{step} {t:.2f}" for step, t in result["seconds"].items())]
    )
