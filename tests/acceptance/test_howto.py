"""The Python in how-to pages runs as it stands there, and does what the page says."""

from __future__ import annotations

import re
import sys
from ast import literal_eval
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aggregation.answers import Answers
from aggregation.registry import AGGREGATORS, aggregate
from crowd import learning, migrations
from crowd.clock import utc_now
from crowd.db import connect
from crowd.selection.strategies import STRATEGIES
from crowd.services import choose, intake, publish
from crowd.services.access import keys
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.items import ItemRow

PAGES = Path(__file__).parents[2] / "docs/how-to"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run(page: str, **given: Any) -> dict[str, Any]:
    """Execute the Python of a page from top to bottom; return the names it leaves."""
    blocks = BLOCK.findall((PAGES / f"{page}.md").read_text())
    assert blocks
    names = dict(given)
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    return names


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A database with a project that wants answers."""
    database, now = connect(f"sqlite:///{tmp_path}/crowd.db"), utc_now()
    migrations.upgrade(database)
    with database.write() as session:
        principal = keys.operator(keys.requester(session, "local", now=now))
        project = projects.create(
            session,
            principal,
            slug="letters",
            labels=["vowel", "consonant"],
            settings=ProjectSettings(channel="simulated", overlap=1),
            cap_micros=0,
            now=now,
        )
        rows = [ItemRow(letter, {"letter": letter}, "here") for letter in "abcde"]
        intake.add_items(session, project, rows, now=now)
        batch = choose.choose(session, project, now=now)
        assert batch
        publish.ask_batch(session, project, batch, now=now)
        project_id = project.id
    yield {"database": database, "project_id": project_id}
    database.dispose()


def test_the_consensus_can_be_used_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rows = ["1,ann,cat", "1,bob,cat", "1,cleo,dog", "01,ann,dog", "01,bob,dog", "01,cleo,dog"]
    (tmp_path / "answers.csv").write_text("\n".join(["task,worker,label", *rows]) + "\n")
    monkeypatch.chdir(tmp_path)
    found = run("use-consensus-from-python")
    assert found["labels"]["label"].to_dict() == {"01": "dog", "1": "cat"}
    assert found["soft"].loc["1", "cat"] == 1  # gold
    assert found["skill"].loc["cleo", "skill"] == pytest.approx(0.5)
    assert found["matrices"].shape == (3, 2, 2)
    assert found["methods"]["majority"]
    assert found["alpha"].low <= found["alpha"].value <= found["alpha"].high
    assert list(found["table"].index) == ["ann", "bob", "cleo"]
    assert found["labels_of_wide"]["answers"].to_dict() == {"p1": 2, "p2": 1}


def test_the_python_of_the_readme_takes_a_frame():
    rows = [("1", "ann", "cat"), ("1", "bob", "cat"), ("2", "ann", "dog"), ("2", "bob", "dog")]
    frame = pd.DataFrame(rows, columns=["task", "worker", "label"])
    found = run("../../README", frame=frame)
    assert found["labels"]["label"].to_dict() == {"1": "cat", "2": "dog"}
    assert list(found["labels"].columns) == ["label", "confidence", "answers"]


def test_other_kinds_of_answers_can_be_merged_from_python(capsys: pytest.CaptureFixture[str]):
    found = run("merge-other-answers")
    assert len(found["readings"]) == 3
    first, second = literal_eval(capsys.readouterr().out)
    assert 4.0 < first < 5.0
    assert second < first


def test_an_aggregator_can_be_added(monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator):
    monkeypatch.setitem(AGGREGATORS, "agreement-vote", AGGREGATORS["majority"])
    run("add-an-aggregator")
    assert dict(AGGREGATORS["agreement-vote"].parameters) == {"power": 2.0}
    assert AGGREGATORS["agreement-vote"].summary.startswith("Weigh each vote")
    truth = rng.integers(2, size=200)
    wrong = rng.random((5, 200)) < np.array([[0.05], [0.05], [0.45], [0.45], [0.45]])
    said = np.where(wrong, 1 - truth, truth)
    items, workers = np.tile(np.arange(200), 5), np.repeat(np.arange(5), 200)
    columns = (np.char.mod("%d", column).tolist() for column in (items, workers, said.ravel()))
    answers = Answers.from_columns(*columns)

    right = [str(truth[int(name)]) for name in answers.items]

    def accuracy(method: str, **parameters: float) -> float:
        result = aggregate(answers, method, **parameters)
        return float(
            np.mean([result.labels[code] == label for code, label in zip(result.choice, right, strict=True)])
        )

    assert accuracy("agreement-vote", power=8.0) > accuracy("majority") + 0.05


def test_a_strategy_can_be_added(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(STRATEGIES, "ratio", STRATEGIES["margin"])
    run("add-a-selection-strategy")


def test_a_channel_can_be_added(asked: dict[str, Any]):
    names = run("add-a-channel", **asked)
    assert names["turn"].decided.enough == 5


def test_a_model_of_ones_own_is_found_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (block,) = BLOCK.findall((PAGES / "use-your-own-model.md").read_text())
    (tmp_path / "mine_of_the_page.py").write_text(block)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    model = learning.load("mine_of_the_page:Sentiment", learning.features_of([{"text": "good"}]))
    model.fit(["good", "bad", "fine"], ["positive", "negative", "positive"])
    assert model.classes_ == ("negative", "positive")
    np.testing.assert_allclose(model.predict_proba(["so-so"]), [[1 / 3, 2 / 3]])
