"""`crowd batch`, `step`, `labels`, `training-set`, `export`: the way from a question to a file."""

from __future__ import annotations

import csv
import json

import pytest


def by_text(text):
    return "good" if text in "abc" else "bad"


@pytest.fixture
def answered(told, reviews, answer):
    """The project with one right answer to every item."""
    told("batch", "create", reviews)
    token = told("workers", "invite", "ann", "--token")["token"]
    assert answer(token, by_text) == 1
    return reviews


def test_a_batch_reserves_its_price_and_explains_itself(told, reviews):
    made = told("batch", "create", reviews, "--size", "3")
    assert made == {"batch": 1, "items": 3, "answers": 3, "strategy": "random"}
    assert told("project", "show", reviews)["overview"]["held_micros"] == 30_000
    rows = told("batch", "show", reviews, "1")["items"]
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert {row["reason"] for row in rows} <= {"random", "random share"}


def test_with_predictions_the_unsure_come_first(told, reviews):
    rows = "r2,0.9,0.1\nr3,0.52,0.48\nr4,0.2,0.8\nr5,0.4,0.6\nr6,1,0\n"
    told("predictions", "add", reviews, "-", "--model-version", "m", stdin="item,good,bad\n" + rows)
    told("batch", "create", reviews, "--size", "2", "--random-share", "0")
    shown = told("batch", "show", reviews, "1")["items"]
    assert [row["item"] for row in shown] == ["r3", "r5"]
    assert shown[0]["reason"] == "margin 0.040 between 'good' and 'bad'"


def test_the_same_seed_makes_the_same_choice(told, reviews):
    told("project", "create", "again", "--labels", "good,bad")
    told("items", "add", "again", "-", stdin="item,text\n" + "".join(f"r{n},x\n" for n in range(2, 7)))
    chosen = []
    for slug in (reviews, "again"):
        batch = told("batch", "create", slug, "--size", "3", "--seed", "9")["batch"]
        chosen.append([row["item"] for row in told("batch", "show", slug, batch)["items"]])
    assert chosen[0] == chosen[1]


def test_a_budget_that_pays_for_nothing_is_told(crowd, told, reviews):
    told("project", "budget", reviews, "0")
    result = crowd("batch", "create", reviews)
    assert (result.exit_code, "the budget does not cover one" in result.stderr) == (1, True)


@pytest.mark.parametrize("option", [("--strategy", "best"), ("--random-share", "2"), ("--size", "0")])
def test_a_batch_refuses_impossible_terms(crowd, reviews, option):
    assert crowd("batch", "create", reviews, *option).exit_code == 2


def test_a_step_settles_pays_and_freezes(told, answered):
    turn = told("step", answered)
    assert (turn["decided"]["enough"], turn["paid"], turn["version"]) == (5, 1, 1)
    assert told("step", answered)["idle"]
    assert told("items", "show", answered, "r2")["decisions"] == [
        {"action": "enough", "reason": "1 answer >= overlap 1"}
    ]


def test_a_step_of_a_channel_without_people_here_is_refused(crowd, told):
    told("project", "create", "play", "--labels", "a,b", "--channel", "simulated")
    assert crowd("step", "play").exit_code == 1


def test_labels_come_as_csv_and_as_json_of_the_same_run(crowd, told, answered, tmp_path):
    printed = list(csv.DictReader(crowd("labels", answered).stdout.splitlines()))
    result = told("labels", answered, "--output", tmp_path / "labels.csv")
    assert list(csv.DictReader((tmp_path / "labels.csv").read_text().splitlines())) == printed
    assert [row["label"] for row in result["labels"]] == [row["label"] for row in printed]
    assert told("labels", answered)["run"] == result["run"]
    assert all(abs(sum(row["posterior"].values()) - 1) < 1e-6 for row in result["labels"])


def test_labels_by_another_method(crowd, told, answered):
    assert told("labels", answered, "--method", "majority")["labels"][0]["confidence"] == 1.0
    result = crowd("labels", answered, "--method", "best")
    assert (result.exit_code, "choose one of panel, majority" in result.stderr) == (2, True)


def test_a_version_is_frozen_once_and_only_what_is_sure(told, answered):
    told("step", answered)
    again = told("training-set", "freeze", answered)
    assert (again["version"], again["examples"]) == (1, 6)
    sure = told("training-set", "freeze", answered, "--name", "sure", "--min-confidence", "1")
    assert (sure["version"], sure["examples"]) == (1, 1)
    assert {row["name"] for row in told("training-set", "list", answered)["versions"]} == {"main", "sure"}


def test_an_export_takes_its_form_from_the_file_name(crowd, told, answered, tmp_path):
    told("step", answered)
    for form in ("jsonl", "csv", "parquet"):
        result = told("export", answered, "--output", tmp_path / f"train.{form}")
        assert result == {"name": "main", "version": 1, "examples": 6, "format": form}
    rows = [json.loads(line) for line in crowd("export", answered).stdout.splitlines()]
    assert {row["item"]: row["label"] for row in rows}["r6"] == "bad"
    assert rows[0]["source"] == "gold"


def test_an_export_that_cannot_be_written_is_refused_first(crowd, told, answered, tmp_path):
    told("step", answered)
    assert crowd("export", answered, "--output", tmp_path / "none" / "train.csv").exit_code == 2
    assert crowd("export", answered, "--json").exit_code == 2
    assert crowd("export", answered, "--version", "9").exit_code == 1


def test_what_is_missing_for_an_export_is_said(crowd, reviews):
    result = crowd("export", reviews)
    assert (result.exit_code, result.stderr) == (1, "error: no training set 'main'; freeze one first\n")
