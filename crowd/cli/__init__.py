"""The command `crowd`: what it can do, and how it says what went wrong."""

from __future__ import annotations

import os
import sys
from typing import IO, Any

import click

from crowd import __version__
from crowd.cli.lazy import LazyGroup
from crowd.errors import CrowdError, Misconfigured, Unprocessable

COMMANDS = {
    "demo": ("crowd.cli.demo:command", "Run the whole loop on handwritten digits."),
    "aggregate": ("crowd.cli.aggregate:command", "Turn recorded answers into labels."),
    "aggregate-large": ("crowd.cli.large:command", "The same for files that do not fit memory."),
    "replay": ("crowd.cli.replay:command", "Recorded answers through the pipeline: quality and cost."),
    "plan": ("crowd.cli.plan:command", "What quality will cost, simulated before anything is spent."),
    "select": ("crowd.cli.select:command", "Choose the items to ask about from a model's predictions."),
    "project": ("crowd.cli.project:command", "Make projects, change them, see how far they are."),
    "items": ("crowd.cli.items:command", "Bring data in and look at it."),
    "gold": ("crowd.cli.gold:command", "Items whose answer is known."),
    "predictions": ("crowd.cli.predictions:command", "What a model thinks of the items."),
    "functions": ("crowd.cli.functions:command", "Rules that label items, as evidence beside people."),
    "batch": ("crowd.cli.batch:command", "Choose items to ask about, and ask."),
    "publish": ("crowd.cli.publish:command", "Offer HITs at an endpoint of the MTurk protocol."),
    "collect": ("crowd.cli.collect:command", "Bring back what an endpoint's workers did, and pay."),
    "workers": ("crowd.cli.workers:command", "Who answers, how well, and who may not."),
    "rules": ("crowd.cli.rules:command", "What is watched in a project, and what is done about it."),
    "review": ("crowd.cli.review:command", "Look at pages before they are paid."),
    "answers": ("crowd.cli.answers:command", "What workers said, as a table."),
    "step": ("crowd.cli.step:command", "One turn of the loop."),
    "labels": ("crowd.cli.labels:command", "What the answers say together."),
    "training-set": ("crowd.cli.training_set:command", "Freeze what is known into versions."),
    "export": ("crowd.cli.export:command", "A version of a training set as a file."),
    "keys": ("crowd.cli.keys:command", "Keys for the API, and the secret a server needs."),
    "mturk": ("crowd.cli.mturk:command", "Verdicts and bonuses at an endpoint; the account here."),
    "serve": ("crowd.cli.serve:command", "The API and its pages, with the scheduler inside."),
    "sandbox": ("crowd.cli.sandbox:command", "The MTurk protocol with play money, to try programs on."),
    "scheduler": ("crowd.cli.scheduler:command", "The timer alone: sweep, pay, take turns."),
    "backup": ("crowd.cli.backup:command", "A copy of the database while everything goes on."),
    "db": ("crowd.cli.db:command", "Bring the database's schema up to date."),
    "check": ("crowd.cli.check:command", "Whether the database keeps its promises."),
}
INTERRUPTED = 130
BROKEN_PIPE = 141


class Failure(click.ClickException):
    """An error of ours, shown without a traceback."""

    def __init__(self, error: CrowdError) -> None:
        super().__init__(error.message)
        self.problems = error.problems if len(error.problems) > 1 else ()

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the error, and every fault it lists, to standard error."""
        click.echo(f"error: {self.message}", file=file, err=True)
        for problem in self.problems:
            click.echo(f"  {problem}", file=file, err=True)


class InputFailure(Failure):
    """An error in what the user gave: files, settings."""

    exit_code = 2


class Crowd(LazyGroup):
    """The outermost group: no command below it ends in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run a command; turn what it raises into a message and an exit code."""
        try:
            return super().invoke(ctx)
        except CrowdError as error:
            shown = InputFailure if isinstance(error, Unprocessable | Misconfigured) else Failure
            raise shown(error) from error
        except BrokenPipeError:
            # Whoever read our output has left. What is still buffered must not raise again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            ctx.exit(BROKEN_PIPE)
        except KeyboardInterrupt:
            click.echo(err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=Crowd, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="crowd")
def cli() -> None:
    """Get trustworthy training labels from people, for the least money."""


def main() -> None:
    """Run the command line and exit."""
    try:
        cli(prog_name="crowd")
    except Exception as error:
        if os.environ.get("CROWD_DEBUG") == "1":
            raise
        click.echo(f"error: {type(error).__name__}: {error}", err=True)
        click.echo("this is a fault in crowd; set CROWD_DEBUG=1 to see where", err=True)
        sys.exit(1)
