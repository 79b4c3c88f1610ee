"""The commands on the pages about workers run as they stand there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs/how-to"
FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The last worker of a list, as the tutorial's `field` would find it.
FIELD = """
field() { python -c "import json, sys; print(json.load(sys.stdin)['workers'][-1]['$1'])"; }
"""
BEFORE = """
crowd project create reviews --labels good,bad --cap 20
crowd items add reviews items.csv
"""


# A hundred processes of the command; by day its tests call the same commands in one.
@pytest.mark.slow(
    by_day="tests/integration/cli/test_workers.py::test_a_file_of_people_becomes_links_and_groups"
)
@pytest.mark.parametrize("page", ["manage-workers", "pay-workers"])
def test_the_commands_of_a_page_work(page: str, tmp_path: Path, warm_environment: dict[str, str]):
    (tmp_path / "people.csv").write_text("name,groups\nBea,radiology\nCleo,\n")
    (tmp_path / "items.csv").write_text("item,text\nr1,fine\nr2,poor\n")
    blocks = FENCED.findall((PAGES / f"{page}.md").read_text())
    assert blocks
    overlap = "crowd project update reviews --overlap 1\n"
    script = "\n".join(["set -eu", FIELD, BEFORE, overlap, *blocks, "crowd check"])
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        cwd=tmp_path,
        env=warm_environment | {"CROWD_DATABASE_URL": "sqlite:///crowd.db"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    assert "Traceback" not in done.stderr
