"""The command line, inside this process and as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crowd.cli import cli

ROOT = Path(__file__).parents[3]


@pytest.fixture
def crowd() -> Callable[..., Result]:
    """Call the command inside this process; an exception nobody turned into a message fails the test."""

    def call(*arguments: object, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(cli, [str(part) for part in arguments], input=stdin, catch_exceptions=False)

    return call


@pytest.fixture
def crowd_process() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run the command as users do."""

    def run(*arguments: object, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "crowd", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=ROOT,
            env={**os.environ, **environment},
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """Three workers on four items: carl errs on the third, and nobody agrees on the fourth."""
    path = tmp_path / "answers.csv"
    rows = ["1,ann,cat", "1,bob,cat", "1,carl,cat", "2,ann,dog", "2,bob,dog", "2,carl,dog"]
    rows += ["3,ann,cat", "3,bob,cat", "3,carl,dog", "4,ann,cat", "4,bob,dog"]
    path.write_text("item,worker,label\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Labels of two answered items, of which the crowd has one right, and of one nobody was asked about."""
    path = tmp_path / "truth.csv"
    path.write_text("item,label\n1,cat\n3,dog\n99,cat\n")
    return path
