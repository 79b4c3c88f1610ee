"""The commands of docs/how-to/aggregate-answers.md run as they stand, and its report is what is printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from qc import cautions

PAGE = (Path(__file__).parents[3] / "docs/how-to/aggregate-answers.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [shlex.split(line)[1:] for block in BLOCKS for line in block.splitlines()]
WORDS = re.findall(r"^\| `(.+?)` \|", PAGE, re.MULTILINE)


@pytest.fixture
def folder(answers, truth, tmp_path, monkeypatch):
    rows = answers.read_text().partition("\n")[2]
    (tmp_path / "batch.csv").write_text(f"HITId,WorkerId,Answer.category\n{rows}")
    (tmp_path / "next.csv").write_text("item,worker,label\n9,ann,cat\n9,carl,dog\n")
    (tmp_path / "gold.csv").write_text("item,label\n2,dog\n")
    (tmp_path / "costs.csv").write_text("truth,label,cost\ncat,dog,3\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_of_the_page_runs(crowd, folder):
    assert len(COMMANDS) == 8
    for command in COMMANDS:
        (folder / "labels.csv").unlink(missing_ok=True)
        result = crowd(*command)
        assert result.exit_code == 0, (command, result.stderr)
        assert (folder / "labels.csv").read_text().startswith("item,label,confidence,answers\n")
    assert (folder / "soft.csv").read_text().startswith("item,cat,dog\n")
    assert (folder / "workers.csv").read_text().partition("\n")[0].endswith("cost,cost_low,cost_high")


def test_the_lines_of_the_report_are_those_that_are_printed(crowd, folder):
    shown = [line.split()[0] for line in PAGE.partition("```text\n")[2].partition("```")[0].splitlines()]
    printed = crowd("aggregate", "answers.csv", "--truth", "truth.csv").stderr.splitlines()
    assert [line.split()[0] for line in printed if not line.startswith("caution")] == shown


def test_what_cautions_say_is_what_they_say():
    said = Path(cautions.__file__).read_text() + Path(cautions.__file__).with_name("spelling.py").read_text()
    plain = re.sub(r'"\s*f?"', "", said)
    assert len(WORDS) == 5
    for words in WORDS:
        assert all(part in plain for part in map(str.strip, words.split("…"))), words
