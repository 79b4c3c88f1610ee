"""`--columns item=HITId,…`: what a file calls the columns that a command reads."""

from __future__ import annotations

import click

NAMES = ("item", "worker", "label", "left", "right")


class Columns(click.ParamType[dict[str, str]]):
    """Our columns, each with the name that the file gives it."""

    name = "columns"

    def convert(
        self, value: str | dict[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, str]:
        """Return the file's name of each column that is named."""
        if isinstance(value, dict):
            return value
        pairs = [part.partition("=") for part in value.split(",")]
        if wrong := [ours for ours, _, theirs in pairs if ours not in NAMES or not theirs]:
            self.fail(f"{wrong[0]!r}: write it like item=HITId,worker=WorkerId,label=Answer", param, ctx)
        called = {ours: theirs for ours, _, theirs in pairs}
        if len(called) < len(pairs) or len({*called.values()}) < len(pairs):
            self.fail("a column stands for one thing, and is named once", param, ctx)
        return called


columns_option = click.option(
    "--columns",
    "called",
    type=Columns(),
    default={},
    metavar="NAME=THEIRS,…",
    help="What ANSWERS calls its columns: item=HITId,worker=WorkerId,label=Answer.",
)
