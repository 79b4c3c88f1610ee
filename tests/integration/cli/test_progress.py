"""Progress is for whoever watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from crowd.cli.progress import counted, stage, timed


@contextmanager
def terminal() -> Iterator[list[str]]:
    """Make standard error a terminal for the block; afterwards the list holds what it showed."""
    shown: list[str] = []
    other_end, screen = os.openpty()
    # Inside the test, not in a fixture: pytest sets its own stream anew before it calls the test.
    with os.fdopen(screen, "w") as stream, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        yield shown
    shown.append(b"".join(until_hung_up(other_end)).decode())
    os.close(other_end)


def until_hung_up(terminal_end: int) -> Iterator[bytes]:
    with suppress(OSError):  # how Linux tells that the last writer has closed a terminal
        while part := os.read(terminal_end, 1024):
            yield part


def test_nothing_is_shown_where_nobody_watches(capsys):
    with stage("reading"), counted("asking", 2) as done:
        done(2)
    assert capsys.readouterr() == ("", "")


def test_a_stage_is_shown_and_wiped(capsys):
    with terminal() as shown, stage("reading a.csv"):
        pass
    assert shown == ["reading a.csv …\r\x1b[K"]
    assert capsys.readouterr().out == ""


def test_a_bar_counts_the_steps(capsys):
    with terminal() as shown, counted("asking", 3) as done:
        done(3)
    assert "3/3" in shown[0]
    assert capsys.readouterr().out == ""


def test_the_time_of_a_step_is_noted():
    seconds: dict[str, float] = {}
    with timed(seconds, "read", "reading"):
        pass
    assert 0 <= seconds["read"] < 1
