"""`crowd select`: predictions in, ranked items out."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from crowd.selection.strategies import STRATEGIES


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    """Five items, the more certain the later."""
    path = tmp_path / "predictions.csv"
    path.write_text("item,cat,dog\na,0.5,0.5\nb,0.6,0.4\nc,0.7,0.3\nd,0.2,0.8\ne,0,1\n")
    return path


def items_of(content: str) -> list[str]:
    return [row["item"] for row in csv.DictReader(io.StringIO(content))]


def test_items_are_ranked_with_score_and_reason(crowd, predictions):
    result = crowd("select", predictions, "--strategy", "margin", "--size", 2, "--random-share", 0)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "rank,item,score,reason\n"
        "1,a,1.0,margin 0.000 between 'cat' and 'dog'\n"
        "2,b,0.8,margin 0.200 between 'cat' and 'dog'\n"
    )


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "random"])
def test_every_strategy_begins_with_the_least_certain(crowd, predictions, strategy):
    result = crowd("select", predictions, "--strategy", strategy, "--size", 5, "--random-share", 0)
    assert items_of(result.stdout) == ["a", "b", "c", "d", "e"]


def test_npy_items_go_by_their_row(crowd, tmp_path):
    path = tmp_path / "p.npy"
    np.save(path, np.array([[1, 0], [0.5, 0.5], [0.8, 0.2]], dtype=np.float32))
    assert items_of(crowd("select", path, "--size", 2, "--random-share", 0).stdout) == ["1", "2"]


def test_the_seed_decides_the_random_share(crowd, tmp_path):
    path = tmp_path / "p.npy"
    np.save(path, np.full((500, 2), 0.5))

    def chosen(seed: int) -> list[str]:
        return items_of(crowd("select", path, "--size", 40, "--seed", seed).stdout)

    assert chosen(1) == chosen(1) != chosen(2)


def test_a_quarter_is_drawn_at_random_unless_told_otherwise(crowd, predictions):
    told = json.loads(crowd("select", predictions, "--size", 4, "--json").stdout)
    assert [choice["reason"] for choice in told["chosen"]].count("random share") == 1
    assert {key: told[key] for key in ("strategy", "size", "random_share", "seed", "items", "labels")} == {
        "strategy": "margin",
        "size": 4,
        "random_share": 0.25,
        "seed": 0,
        "items": 5,
        "labels": ["cat", "dog"],
    }


def test_a_size_beyond_the_items_gives_all_of_them(crowd, predictions):
    assert sorted(items_of(crowd("select", predictions, "--size", 99).stdout)) == ["a", "b", "c", "d", "e"]


def test_json_and_a_file_can_be_had_together(crowd, predictions, tmp_path):
    path = tmp_path / "chosen.csv"
    told = json.loads(crowd("select", predictions, "--size", 3, "--output", path, "--json").stdout)
    assert items_of(path.read_text()) == [choice["item"] for choice in told["chosen"]]


def test_standard_input_is_read_by_a_real_process(crowd_process, predictions):
    result = crowd_process("select", "-", "--size", 2, "--random-share", 0, stdin=predictions.read_bytes())
    assert (result.returncode, result.stderr) == (0, b"")
    assert items_of(result.stdout.decode()) == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing option '--size'"),
        (["--size", "0"], "0 is not in the range x>=1"),
        (["--size", "2", "--random-share", "1.5"], "1.5 is not in the range 0<=x<=1"),
        (["--size", "2", "--random-share", "nan"], "it must lie between 0 and 1"),
        (["--size", "2", "--strategy", "best"], "'best' is not one of 'margin'"),
        (["--size", "2", "--json", "--output", "-"], "would both write to standard output"),
    ],
)
def test_wrong_arguments_exit_with_2_and_say_why(crowd, predictions, arguments, message):
    result = crowd("select", predictions, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("item,cat,dog\na,nan,1\n", "line 2, field cat: nan is no probability"),
        (
            "item,cat,dog\na,0.5,0.5\nb,2,3\n",
            "line 3: the probabilities sum to 5; divide each row by its sum",
        ),
        ("item,cat,dog\na,0.5\n", "line 2: has 2 fields, the header has 3"),
        ("", "is empty"),
    ],
)
def test_a_broken_file_is_named_and_no_output_touched(crowd, predictions, tmp_path, content, message):
    predictions.write_text(content)
    output = tmp_path / "chosen.csv"
    output.write_text("old")
    result = crowd("select", predictions, "--size", 1, "--output", output)
    assert (result.exit_code, output.read_text()) == (2, "old")
    assert f"error: {predictions} {message}".replace(" is empty", ": is empty") in result.stderr
