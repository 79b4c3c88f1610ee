"""The command `crowd` as users have it: a program of its own, found on the PATH."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

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
    # Dozens of processes start: what the first compiles, the others read.
    cache = {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    return inherited | cache | {"PATH": path, "PYTHONPATH": str(ROOT)}
