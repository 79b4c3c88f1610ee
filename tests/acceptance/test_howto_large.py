"""The commands of the page about very large files run as they stand there."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs/how-to/aggregate-very-large-files.md"
FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = "18786"


def free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def test_the_commands_of_the_page_give_the_same_file_twice(tmp_path: Path):
    pytest.importorskip("distributed", reason="the extra [distributed] is not installed")
    rng = np.random.default_rng(0)
    rows = [f"i{n // 4},w{n % 4},{(n // 4 + (rng.random() < 0.3)) % 2}" for n in range(320)]
    (tmp_path / "answers.csv").write_text("\n".join(["item,worker,label", *rows, ""]))
    port = free_port()
    blocks = [block.replace(PORT, port) for block in FENCED.findall(PAGE.read_text())]
    assert len(blocks) == 2
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -eu", "trap 'kill $(jobs -p) || true' EXIT", *blocks])],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert (tmp_path / "labels.csv").read_text() == (tmp_path / "there.csv").read_text()
    assert len((tmp_path / "workers.csv").read_text().splitlines()) == 5
    assert not list((tmp_path / "scratch").iterdir())
