"""`crowd plan`: what quality will cost, from recorded answers or a stated crowd."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

QUICK = ("--sample", 20, "--draws", 1)
STATED = ("--items", 400, "--crowd", "good=.8:.9,random=.2", "--price", "0.02", *QUICK)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Forty items, five answers to each, most of them right."""
    rng, rows = np.random.default_rng(0), ["item,worker,label"]
    truth = [f"{number % 2}" for number in range(40)]
    for item, label in enumerate(truth):
        for worker in range(5):
            said = label if rng.random() < 0.85 else str(1 - int(label))
            rows += [f"i{item},w{worker},{said}"]
    path = tmp_path / "answers.csv"
    path.write_text("\n".join(rows))
    (tmp_path / "truth.csv").write_text("item,label\n" + "\n".join(f"i{n},{t}" for n, t in enumerate(truth)))
    return path


def test_a_stated_crowd_is_planned_for_as_a_table_and_a_page(crowd, tmp_path):
    result = crowd("plan", *STATED, "--fees", "mturk", "--target", 0.8, "--html", tmp_path / "plan.html")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "simulated 1 times on 20 of 400 items" in result.stdout
    assert "recommended: " in result.stdout
    assert "crowd project create … --overlap" in result.stdout
    assert "$9.60" in result.stdout, "400 answers at 2 cents and 20 % on top"
    assert "<svg" in (tmp_path / "plan.html").read_text()


def test_recorded_answers_are_planned_for_as_data(crowd, recorded):
    truth = recorded.parent / "truth.csv"
    recorded.write_text(recorded.read_text().replace("worker,label", "who,what", 1))
    columns = ("--columns", "worker=who,label=what")
    result = crowd("plan", recorded, *columns, "--truth", truth, "--budget", "1.20", *QUICK, "--json")
    told = json.loads(result.stdout)
    assert (told["items"], told["sampled"], told["judged"]) == (40, 20, 20)
    assert told["recommended"]["cost"] <= 1.2
    three = next(point for point in told["points"] if point["name"] == "overlap 3")
    assert (three["answers"], three["cost"]) == (120, 1.2)


def test_a_value_of_labels_is_planned_with_and_handed_on_to_the_project(crowd, recorded):
    told = crowd("plan", recorded, "--price", "0.01", "--label-value", "0.50", *QUICK).stdout
    assert "2 to 7 while gaining 0.02" in told
    assert "what its right labels are worth exceeds its cost by most" in told
    dear = crowd("plan", recorded, "--price", "0.01", "--label-value", "0.011", *QUICK).stdout
    assert "recommended: overlap 1, no gold" in dear


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give recorded ANSWERS or a stated --crowd"),
        (("--crowd", "good=1"), "--crowd needs --items"),
        (("--crowd", "good=.5", "--items", 10), "--crowd: the shares of the crowd sum to 0.5"),
        (("--crowd", "good=1", "--items", 10, "--truth", "t.csv"), "--truth goes with recorded ANSWERS"),
        ((*STATED, "--budget", "two"), "--budget: 'two' is not an amount"),
        ((*STATED, "--label-value", "0.02"), "--label-value: must be above --price"),
    ],
)
def test_what_makes_no_sense_is_named(crowd, arguments, said):
    result = crowd("plan", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_faulty_file_is_named_with_its_line(crowd, recorded):
    assert "--labels goes with --crowd" in crowd("plan", recorded, "--labels", 3).stderr
    wrong = recorded.parent / "wrong.csv"
    wrong.write_text("item,label\nother,1\n")
    assert "names none of the items" in crowd("plan", recorded, "--truth", wrong).stderr
    wrong.write_text("item,worker,label\na,b,\n")
    assert "line 2" in crowd("plan", wrong).stderr
