"""The commands of the page about planning run as they stand there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np

PAGE = Path(__file__).parents[2] / "docs/how-to/plan-before-spending.md"
FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_commands_of_the_page_work(tmp_path: Path, warm_environment: dict[str, str]):
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=60)
    rows = [
        f"i{item},w{worker},{label if rng.random() < 0.8 else 1 - label}"
        for item, label in enumerate(truth.tolist())
        for worker in range(5)
    ]
    (tmp_path / "answers.csv").write_text("\n".join(["item,worker,label", *rows]))
    known = [f"i{item},{label}" for item, label in enumerate(truth.tolist())]
    (tmp_path / "truth.csv").write_text("\n".join(["item,label", *known]))
    blocks = FENCED.findall(PAGE.read_text())
    assert len(blocks) == 3
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", "\n".join(["set -eu", *blocks])],
        cwd=tmp_path,
        env=warm_environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert done.stdout.count("recommended: ") + done.stdout.count("nothing reaches") == 2
    assert (tmp_path / "plan.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "plan.json").read_text().startswith("{")
