"""`crowd demo` as a newcomer runs it, made small."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SMALL = ("--rounds", "2", "--batch", "10", "--images", "80")


Demo = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def demo(warm_environment: dict[str, str]) -> Demo:
    """Run the command, small, in a folder."""

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["crowd", "demo", "--output", "demo", *SMALL, *arguments]
        program = shutil.which("crowd", path=warm_environment["PATH"])
        return subprocess.run(
            command,
            executable=program,
            env=warm_environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newcomer")


@pytest.fixture(scope="module")
def first(demo: Demo, folder: Path) -> dict[str, Any]:
    """What the demo prints for machines."""
    done = demo(folder, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.slow(by_day="test_people_get_a_table_and_are_told_where_to_look")
def test_the_demo_leaves_a_report_and_a_whole_database(folder: Path, first: dict[str, Any]):
    page = (folder / first["report"]).read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert f"serve --database {first['database']}" in page
    assert sorted(path.name for path in (folder / "demo").iterdir()) == ["digits.db", "report.html"]
    with sqlite3.connect(folder / "demo" / "digits.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        answers = connection.execute("SELECT count(*) FROM answer").fetchone()[0]
    assert answers == first["selected"]["answers"] + first["random"]["answers"]


@pytest.mark.slow(
    by_day="tests/integration/trials/test_digits.py::"
    "test_equal_seeds_give_equal_numbers_and_equal_versions_on_any_database"
)
def test_run_again_in_the_same_place_it_ends_with_the_same_numbers(
    demo: Demo, folder: Path, first: dict[str, Any]
):
    done = demo(folder, "--json")
    assert done.returncode == 0
    second = json.loads(done.stdout)
    assert {**second, "seconds": 0} == {**first, "seconds": 0}


def test_people_get_a_table_and_are_told_where_to_look(demo: Demo, tmp_path: Path):
    done = demo(tmp_path, "--rounds", "1", "--images", "80")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "demo" / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with sqlite3.connect(tmp_path / "demo" / "digits.db") as connection:
        ((answers, paid),) = connection.execute(
            "SELECT count(*), spent FROM answer JOIN budget USING (project_id) WHERE project_id = 1"
        )
    assert f"{answers:,}" in done.stdout
    assert f"${paid / 1_000_000:.2f}" in done.stdout
    for words in ("majority vote", "Dawid-Skene", "crowd's default", "workers caught", "model accuracy"):
        assert words in done.stdout
    assert "report      demo/report.html" in done.stdout
    assert "serve --database sqlite:///demo/digits.db" in done.stdout


def test_a_folder_that_cannot_be_made_is_a_message_and_not_a_traceback(demo: Demo, tmp_path: Path):
    (tmp_path / "demo").write_text("a file is in the way")
    done = demo(tmp_path)
    assert done.returncode == 2
    assert "--output" in done.stderr
    assert "Traceback" not in done.stderr
