"""The tutorials work as printed: their commands run in an empty folder, and print what they say."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
TUTORIALS = {"tutorial.md": "8080", "tutorial-mturk.md": "8081"}  # and the port that they speak of
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CUT = "-- next block --"
SECONDS = 600


@dataclass(frozen=True, slots=True)
class Step:
    """Commands, and what they print, where the tutorial says so."""

    commands: str
    printed: str | None


def steps(page: str, port: str) -> list[Step]:
    blocks = FENCED.findall((DOCS / page).read_text().replace(TUTORIALS[page], port))
    assert {kind for kind, _ in blocks} == {"sh", "text"}
    following = [*blocks[1:], ("", "")]
    return [
        Step(text, after if kind == "text" else None)
        for (own, text), (kind, after) in zip(blocks, following, strict=True)
        if own == "sh"
    ]


def pattern(printed: str) -> re.Pattern[str]:
    """Return what the output must match: `…` is anything, and runs of spaces are one."""
    words = re.escape(squeezed(printed)).replace("…", ".*?")
    return re.compile(words, re.DOTALL)


def squeezed(text: str) -> str:
    return re.sub(r" +", " ", text.strip())


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def run(script: str, folder: Path, environment: dict[str, str]) -> tuple[list[str], str]:
    """Run a script; return what it printed, block by block, and what it complained about."""
    process = subprocess.Popen(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=SECONDS)
    finally:
        # A server that the script had no time to stop must not outlive the test.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    assert process.returncode == 0, f"{out[-2000:]}\n{err[-2000:]}"
    return out.split(f"{CUT}\n"), err


@pytest.mark.skipif(shutil.which("curl") is None, reason="the tutorial asks for curl")
@pytest.mark.parametrize("page", TUTORIALS)
def test_a_tutorial_works_as_printed(tmp_path: Path, warm_environment: dict[str, str], page: str):
    todo = steps(page, free_port())
    assert len(todo) > 6
    script = f"echo '{CUT}'\n".join(step.commands for step in todo)
    printed, complaints = run(script, tmp_path, warm_environment)
    assert "Traceback" not in complaints
    for step, output in zip(todo, printed, strict=True):
        if step.printed is not None:
            told = f"{step.commands}\nprinted\n{output}\nand the tutorial says\n{step.printed}"
            assert pattern(step.printed).fullmatch(squeezed(output)), told


def test_a_wrong_word_in_the_output_is_noticed():
    expected = pattern("batch 1: 12 items\nrank  …\n")
    assert expected.fullmatch(squeezed("batch 1: 12 items\nrank  1\n2\n"))
    assert not expected.fullmatch(squeezed("batch 1: 13 items\nrank  1\n"))
