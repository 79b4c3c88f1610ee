"""`crowd replay` on two small sets of real recorded answers; needs CROWD_DATA."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crowd.db import connect
from crowd.services.check import check


@pytest.fixture
def replay(crowd_data: Path, environment: dict[str, str], tmp_path: Path) -> Any:
    """Replay a set with the command, hold its database against every invariant, and return what it says."""

    def run(name: str, *options: str) -> dict[str, Any]:
        kept = tmp_path / f"{name}{len(list(tmp_path.iterdir()))}.db"
        command = ["crowd", "replay", str(crowd_data / name), *options, "--json", "--keep", str(kept)]
        ended = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, b"")
        database = connect(f"sqlite:///{kept}")
        with database.read() as session:
            assert not [finding for finding in check(session) if not finding.ok]
        database.dispose()
        return json.loads(ended.stdout)

    return run


def test_everything_bought_gives_the_published_accuracy(replay: Any) -> None:
    """Bluebirds: 39 people on each of 108 pictures; majority .759 and Dawid-Skene .89 to .90 are known."""
    said = replay("bluebirds", "--overlap", "39")
    assert (said["items"], said["answers_bought"], said["cost"], said["saved"]) == (108, 4212, 42.12, 0)
    assert said["accuracy"] == said["full_accuracy"]
    assert said["accuracy"]["majority"] == pytest.approx(82 / 108, abs=1e-6)
    assert said["accuracy"]["dawid-skene"] == pytest.approx(97 / 108, abs=1 / 108 + 1e-6)


@pytest.mark.slow(by_day="test_everything_bought_gives_the_published_accuracy")
def test_a_target_confidence_costs_less_than_everything_and_repeats_exactly(replay: Any) -> None:
    options = ("--confidence", "0.9", "--max-overlap", "6", "--gold", "20", "--price", "0.03")
    said, again = (replay("cf_amt", *options) for _ in range(2))
    assert {**said, "seconds": 0} == {**again, "seconds": 0}
    assert (said["answers_available"], said["answers_repeated"]) == (6025, 5)
    assert (said["gold_items"], said["measured"]) == (20, 280)
    assert said["cost"] == pytest.approx(0.03 * said["answers_bought"])
    assert 0.5 < said["saved"] < 1
    assert 0 < said["gold_answers"] < said["answers_bought"]
    assert said["accuracy"]["panel"] > 0.75
