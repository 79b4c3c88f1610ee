"""Progress on standard error for whoever watches; silent where nobody does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

ERASE_LINE = "\r\033[K"


def watched() -> bool:
    """Tell if standard error is a terminal."""
    return sys.stderr.isatty()


@contextmanager
def stage(text: str) -> Iterator[None]:
    """Show what is being done while it lasts."""
    if not watched():
        yield
        return
    click.echo(f"{text} …", nl=False, err=True)
    try:
        yield
    finally:
        click.echo(ERASE_LINE, nl=False, err=True)


@contextmanager
def timed(seconds: dict[str, float], step: str, text: str) -> Iterator[None]:
    """Show a stage, and note how many seconds it took."""
    started = time.perf_counter()
    with stage(text):
        yield
    seconds[step] = round(time.perf_counter() - started, 4)


@contextmanager
def counted(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """Show a bar of so many steps; it is told how many are done so far."""
    with click.progressbar(
        length=length, label=label, file=sys.stderr, hidden=not watched(), show_pos=True
    ) as bar:
        yield lambda done: bar.update(max(0, done - bar.pos))
