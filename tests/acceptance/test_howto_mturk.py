"""The commands on the page about MTurk programs run as they stand there, and its lists are the code's."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/keep-mturk-programs-running.md").read_text()
FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELEMENTS = (ROOT / "templates/static/elements/crowd-elements.js").read_text()


def test_the_commands_of_the_page_work(tmp_path: Path, warm_environment: dict[str, str]):
    (tmp_path / "page.html").write_text("<p>${text}</p><input name='label'>")
    (tmp_path / "rows.csv").write_text("text\nFine & cheap\nPoor\n")
    script = "\n".join(["set -eu", *FENCED.findall(PAGE), "crowd check"])
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        cwd=tmp_path,
        env=warm_environment | {"CROWD_DATABASE_URL": "sqlite:///crowd.db"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    assert "batch 1: 2 HITs posted, $0.30 of rewards set aside" in done.stdout
    assert (tmp_path / "results.csv").read_text().startswith("HITId,HITTypeId,Title,")


def listed(word: str) -> set[str]:
    """Return the elements in the paragraph that begins with a word."""
    (paragraph,) = (part for part in PAGE.split("\n\n") if part.startswith(f"{word}: "))
    return set(re.findall(r"`(crowd-[a-z-]+)`", paragraph))


def test_the_elements_on_the_page_are_those_of_the_code():
    built, _, missing = ELEMENTS.partition("const MISSING")
    assert listed("Supported") == set(re.findall(r'^  "(crowd-[a-z-]+)":', built, re.MULTILINE))
    assert listed("Not supported") == set(re.findall(r'^  "(crowd-[a-z-]+)",', missing, re.MULTILINE))
