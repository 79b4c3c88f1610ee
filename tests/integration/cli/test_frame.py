"""What holds for every command: help, exit codes, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from crowd import __version__
from crowd.cli import COMMANDS, Crowd
from crowd.errors import BudgetExceeded, Misconfigured, Problem, bad_input, bad_inputs

HEAVY = (
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "numba",
    "crowdkit",
    "pyarrow",
    "altair",
    "flask",
    "sqlalchemy",
)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_listed_can_be_imported_and_has_help(crowd, name):
    shown = crowd(name, "--help")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert f" {name} " in shown.stdout.splitlines()[0]


def test_the_help_lists_every_command_and_imports_nothing_heavy(crowd_process):
    shown = crowd_process("--help", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in shown.stderr.decode().splitlines()}
    assert shown.returncode == 0
    assert [name for name in COMMANDS if f"  {name} ".encode() not in shown.stdout] == []
    assert "click" in imported
    assert imported.isdisjoint(HEAVY)


def test_the_version_is_told(crowd):
    assert crowd("--version").stdout == f"crowd, version {__version__}\n"


def test_an_unknown_command_is_a_usage_error_with_the_nearest_name(crowd):
    result = crowd("agregate", "x.csv")
    assert result.exit_code == 2
    assert "there is no command 'agregate'; did you mean aggregate or aggregate-large?" in result.stderr


def test_an_unknown_option_is_a_usage_error(crowd):
    assert crowd("--colour").exit_code == 2


def raising(error: BaseException) -> click.Group:
    @click.command
    def command() -> None:
        raise error

    group = Crowd("crowd", lazy={})
    group.get_command = lambda ctx, name: command
    group.lazy = {"run": ("", "")}
    return group


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (bad_input("a.csv line 2", "is blank"), 2, "error: a.csv line 2: is blank\n"),
        (
            bad_inputs([Problem("line 2", "x"), Problem("line 3", "y")], what="a.csv"),
            2,
            "error: a.csv: 2 problems, none of it was used\n  line 2: x\n  line 3: y\n",
        ),
        (Misconfigured("no key"), 2, "error: no key\n"),
        (BudgetExceeded("the cap is reached"), 1, "error: the cap is reached\n"),
        (KeyboardInterrupt(), 130, "\n"),
    ],
)
def test_errors_become_one_message_and_an_exit_code(error, code, shown):
    result = CliRunner().invoke(raising(error), ["run"])
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", shown)


def run_main_with_a_fault(**environment: str) -> subprocess.CompletedProcess[str]:
    program = "from crowd import cli; cli.cli.get_command = lambda ctx, name: 1 / 0; cli.main()"
    return subprocess.run(
        [sys.executable, "-c", program, "select"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        env={**os.environ, **environment},
        check=False,
    )


def test_a_fault_of_ours_is_one_line_and_a_hint():
    result = run_main_with_a_fault()
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "error: ZeroDivisionError: division by zero",
        "this is a fault in crowd; set CROWD_DEBUG=1 to see where",
    ]


def test_the_debug_variable_shows_the_traceback():
    assert "Traceback" in run_main_with_a_fault(CROWD_DEBUG="1").stderr


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text("item,worker,label\n" + "".join(f"{item},w,a\n" for item in range(30_000)))
    with subprocess.Popen(
        [sys.executable, "-m", "crowd", "aggregate", path, "--method", "majority"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    ) as process:
        assert process.stdout.read(5) == b"item,"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 128 + signal.SIGPIPE
