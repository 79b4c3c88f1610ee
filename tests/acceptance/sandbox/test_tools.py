"""The MTurk layers of public tools run against a sandbox: each in an environment of its own, from PyPI."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.acceptance.sandbox.conftest import Sandbox

TOOLS = Path(__file__).parent / "tools"
SECONDS = 600
AD = """<!DOCTYPE html><form action="/mturk/externalSubmit"><p>Which colour?</p>
<label><input type="radio" name="colour" value="red"> red</label>
<label><input type="radio" name="colour" value="blue"> blue</label></form>"""


def environment_of(*packages: str) -> Path:
    """Return the Python of an environment that has these packages, kept for the next time."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("needs uv, to install the tool apart from crowd")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "crowd-tests")
    folder = cache / packages[0].replace("==", "-")
    python = folder / "bin/python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        install(uv, "venv", str(folder))
        for package in packages:
            # One after the other: an old tool may insist on a boto3 that no longer runs.
            install(uv, "pip", "install", "--python", str(python), package)
        (folder / "complete").touch()
    return python


def install(*command: str) -> None:
    done = subprocess.run(
        [command[0], *command[1:]], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"{' '.join(command[1:])} failed: {done.stderr.strip().splitlines()[-1]}")


@pytest.fixture
def ad(tmp_path: Path) -> Iterator[str]:
    """The address of an experiment's own page, on a server of its own."""
    (tmp_path / "ad.html").write_text(AD)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/ad.html?condition=1"
        server.shutdown()


@pytest.mark.slow(
    by_day="tests/acceptance/sandbox/test_samples.py::test_a_hit_is_posted_polled_approved_and_deleted"
)
@pytest.mark.parametrize(
    ("tool", "packages"),
    [("dallinger", ("dallinger==12.4.0",)), ("psiturk", ("psiturk==3.3.1", "boto3==1.44.5"))],
)
def test_a_tool_recruits_and_pays_through_the_sandbox(
    sandbox: Sandbox, ad: str, tmp_path: Path, tool: str, packages: tuple[str, ...]
):
    python = environment_of(*packages)
    told = sandbox.run(
        TOOLS / f"drive_{tool}.py",
        cwd=tmp_path,
        python=python,
        # Both name AWS's own hosts in their code.
        PYTHONPATH=str(TOOLS / "redirect"),
        AD_LOCATION=ad,
    )
    assert told.splitlines()[-1] == "done"
