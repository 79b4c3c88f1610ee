"""The command `crowd` as users have it: a program of its own, found on the PATH."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import descriptions_read_once  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables under which `crowd` is this checkout's command, with no setting of its own."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "crowd"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m crowd "$@"\n')
    script.chmod(0o755)
    foreign = ("CROWD_", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    path = os.pathsep.join((str(folder), str(Path(sys.executable).parent), inherited["PATH"]))
    return inherited | {"PATH": path, "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="session")
def warm_environment(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The same, with a `crowd` for scripts of dozens of commands: only servers start anew, see `warm`."""
    program = Path(__file__).with_name("warm.py")
    # Not under tmp_path: a unix socket's path may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="crowd-warm-") as name:
        place = Path(name, "socket")
        script = Path(name, "crowd")
        script.write_text(
            "#!/bin/sh\n"
            f'case "$1" in serve|sandbox|scheduler) exec "{sys.executable}" -P -m crowd "$@" ;; esac\n'
            f'exec "{sys.executable}" -I -S "{program}" call "{place}" "$@"\n'
        )
        script.chmod(0o755)
        command = [sys.executable, "-P", str(program), "serve", str(place)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield environment | {"PATH": f"{name}{os.pathsep}{environment['PATH']}"}
            process.communicate()
