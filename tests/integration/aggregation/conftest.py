"""Recorded answers of real crowds, where the machine has them."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregation.answers import Answers

Recorded = tuple[Answers, dict[str, str]]


@pytest.fixture
def recorded() -> Callable[[str], Recorded]:
    """Return a reader of a recorded set: its answers and its truth."""
    folder = os.environ.get("CROWD_DATA")
    if not folder:
        pytest.skip("CROWD_DATA is not set: it names the folder of recorded answers")

    def read(name: str) -> Recorded:
        with (Path(folder) / name / "answers.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["task"], row["worker"], row["label"]) for row in csv.DictReader(file)]
        with (Path(folder) / name / "truth.csv").open(encoding="utf-8", newline="") as file:
            truth = {row[0]: row[1] for row in list(csv.reader(file))[1:]}
        return Answers.from_columns(*zip(*rows, strict=True)), truth

    return read
