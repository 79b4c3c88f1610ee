"""`crowd aggregate-large`: labels from answers that do not fit memory, or one machine."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from aggregation.sharded import STEPS
from crowd.cli.output import check_streams, json_option, print_json
from crowd.cli.progress import timed
from crowd.services.large_files import MB, Large, fit_here, fit_on_cluster, lay_out
from crowd.tables.results import DIGITS
from crowd.tables.shards import Shards
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
@click.option("--method", type=click.Choice(list(STEPS)), default="dawid-skene", show_default=True)
@click.option("--memory", type=Memory(), default="1GB", show_default=True, help="What this process may use.")
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
    method: str,
    memory: int,
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
    check_streams({"ANSWERS": str(answers)}, {"--output": output, "--workers": workers}, as_json=as_json)
    if scheduler and not scratch:
        raise click.UsageError("--scheduler needs --scratch: a folder that every machine of the cluster sees")
    given = {"max_iterations": max_iterations, "tolerance": tolerance}
    settings = {name: value for name, value in given.items() if value is not None}
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="crowd-shards-", dir=scratch) as folder:
        with timed(seconds, "read", f"reading {answers}"):
            shards = lay_out(answers, Path(folder), memory)
        with timed(seconds, "fit", f"fitting {method}"):
            found = _fit(shards, method, scheduler, settings)
        with timed(seconds, "write", "writing"):
            _write(found, output, workers)
        result = _summary(found, method) | {"seconds": seconds}
    if as_json:
        print_json(result)
    else:
        click.echo(_report(result), err=True)


def _fit(shards: Shards, method: str, scheduler: str | None, settings: Mapping[str, Any]) -> Large:
    if scheduler is None:
        return fit_here(shards, method, **settings)
    return fit_on_cluster(shards, method, scheduler=scheduler, **settings)


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
        "mean_confidence": round(found.mean_confidence(), DIGITS),
    }


def _report(result: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{result[what]:,} {what}" for what in ("items", "workers", "answers"))
    lines = [
        f"{result['method']}: {counts}",
        f"shards      {result['shards']}",
        f"confidence  {result['mean_confidence']:.4f} on average",
        f"passes      {result['iterations']}",
    ]
    if result["repeated"]:
        lines.append(
            f"repeated    {result['repeated']:,} rows name an item and worker again: the last counts"
        )
    return "\n".join(
        [*lines, "seconds     " + ", ".join(f"{step} {t:.2f}" for step, t in result["seconds"].items())]
    )
