"""`crowd demo`: the whole loop on handwritten digits, with people who are simulated."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crowd.cli.output import json_option, print_json
from crowd.cli.progress import ERASE_LINE, stage, watched
from crowd.errors import Unprocessable
from workers.money import display

if TYPE_CHECKING:
    from crowd.trials.digits import Outcome, Plan, Round

DATABASE, REPORT = "digits.db", "report.html"


@click.command("demo")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=8, show_default=True)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="New images in a round, at most.",
)
@click.option(
    "--images",
    type=click.IntRange(1, 1140),
    default=1140,
    show_default=True,
    help="Images that may be asked about.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default="demo",
    show_default=True,
    help=f"Folder for {REPORT} and {DATABASE}; those of an earlier demo are replaced.",
)
@json_option
def command(*, seed: int, rounds: int, batch: int, images: int, output: Path, as_json: bool) -> None:
    """Run the whole loop on scikit-learn's 1,797 handwritten digits.

    A model chooses images, simulated people of mixed quality answer about them, their work is checked and
    merged into labels, the model learns from these, and so on. Beside it, the same budget is spent at random.
    """
    from crowd.trials.digits import Plan

    started = time.perf_counter()
    _clear(output)
    address = f"sqlite:///{output / DATABASE}"
    outcome = _play(Plan(seed=seed, rounds=rounds, batch=batch, images=images), address)
    report = output / REPORT
    _draw(outcome, report, address)
    seconds = round(time.perf_counter() - started, 2)
    from crowd.trials import summary

    if as_json:
        print_json(
            {**summary.as_dict(outcome), "report": str(report), "database": address, "seconds": seconds}
        )
    else:
        click.echo(f"{summary.as_text(outcome)}\n")
        click.echo(f"report      {report}\ndatabase    {output / DATABASE}\nbrowse it   {_serve(address)}")


def _clear(output: Path) -> None:
    """Make the folder, and take away the database of an earlier demo."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-wal", "-shm"):
            (output / f"{DATABASE}{suffix}").unlink(missing_ok=True)
    except OSError as error:
        raise click.UsageError(f"--output {output}: {error.strerror}") from error


def _play(plan: Plan, address: str) -> Outcome:
    from crowd import logs, migrations
    from crowd.db import connect
    from crowd.trials import digits

    logs.configure(as_json=False)
    _await("getting ready")
    # A rehearsal can simply be run again: waiting for the disk at every commit would buy nothing.
    database = connect(address, durable=False)
    try:
        migrations.upgrade(database)
        return digits.run(database, plan, watch=lambda played: _show(played, plan))
    except ValueError as error:
        raise Unprocessable(str(error)) from error
    finally:
        database.dispose()
        _await("")


def _show(played: Round, plan: Plan) -> None:
    """Write one line about a round, and what comes next, for whoever watches."""
    if not watched():
        return
    mine, other = played.selected, played.at_random
    bought = f"{mine.answers:>5,} answers {display(mine.spent_micros):>7}"
    worth = f"labels {mine.label_accuracy:6.1%}  model {mine.model_accuracy:6.1%}"
    beside = f"(at random {other.label_accuracy:6.1%} {other.model_accuracy:6.1%})"
    line = f"round {played.number:>2}/{plan.rounds}  {bought}  {worth} {beside}  {mine.caught} caught"
    click.echo(f"{ERASE_LINE}{line}", err=True)
    if played.number < plan.rounds:
        _await(f"round {played.number + 1:>2}/{plan.rounds}")


def _await(what: str) -> None:
    """Show what is being done in place of what was; nothing clears the line."""
    if watched():
        click.echo(f"{ERASE_LINE}{what} …" if what else ERASE_LINE, nl=False, err=True)


def _draw(outcome: Outcome, report: Path, address: str) -> None:
    with stage("drawing the report"):
        from crowd.trials.report import render

        report.write_text(render(outcome, command=_serve(address)), encoding="utf-8")


def _serve(address: str) -> str:
    """Return the command that shows the database, as the user can type it here."""
    return shlex.join([*_program(), "serve", "--database", address])


def _program() -> list[str]:
    if shutil.which("crowd"):
        return ["crowd"]
    started = sys.argv[0]
    return [started] if os.access(started, os.X_OK) else [sys.executable, "-m", "crowd"]
