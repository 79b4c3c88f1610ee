"""`crowd aggregate` on files as people have them: other columns, other codings, slips."""

from __future__ import annotations

import csv
import json

import pytest

from crowd.tables.predictions import read_predictions
from crowd.tables.source import open_input

MTURK = "item=HITId,worker=WorkerId,label=Answer.category"


@pytest.fixture
def renamed(answers, tmp_path):
    """Return the same answers with the columns of a batch file, one of which is called `label`."""
    rows = list(csv.reader(answers.read_text().splitlines()))[1:]
    path = tmp_path / "batch.csv"
    lines = [f"{item},gone,{worker},{label}" for item, worker, label in rows]
    path.write_text("\n".join(["HITId,label,WorkerId,Answer.category", *lines]) + "\n")
    return path


@pytest.mark.parametrize("command", ["aggregate", "aggregate-large"])
def test_columns_of_other_names_are_read_as_told(crowd, answers, renamed, command):
    plain = crowd(command, answers, "--method", "dawid-skene").stdout
    assert crowd(command, renamed, "--method", "dawid-skene", "--columns", MTURK).stdout == plain


def test_answers_of_other_kinds_have_other_columns_too(crowd, answers, tmp_path):
    answers.write_text("image,worker,age\n1,ann,4\n1,bob,6\n")
    result = crowd("aggregate", answers, "--kind", "numbers", "--columns", "item=image,label=age")
    assert result.stdout.splitlines()[1].startswith("1,5.0,")


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("label=Answer", "there is no column 'Answer' as --columns says; found HITId, label, WorkerId"),
        ("label", "'label': write it like item=HITId,worker=WorkerId,label=Answer"),
        ("answer=label", "'answer': write it like"),
        ("item=HITId,worker=HITId", "a column stands for one thing, and is named once"),
        ("item=HITId,label=Answer.category", "column worker is missing; found"),
    ],
)
def test_columns_that_cannot_be_are_refused(crowd, renamed, columns, told):
    result = crowd("aggregate", renamed, "--columns", columns)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_missing_column_tells_of_the_option_and_not_of_every_column(crowd, answers):
    answers.write_text(",".join(["item", "worker", *(f"c{n:03d}" for n in range(200))]) + "\n")
    told = crowd("aggregate", answers).stderr
    assert "column label is missing; found item, worker, c000, " in told
    assert "c009, … (202 columns); say which it is: --columns label=…" in told
    assert "c010" not in told


@pytest.mark.parametrize(
    ("command", "option"),
    [("aggregate", "--truth"), ("aggregate", "--gold"), ("aggregate-large", "--truth")],
)
def test_known_labels_of_another_coding_are_refused(crowd, answers, truth, command, option):
    truth.write_text("item,label\n1,0\n3,1\n")
    result = crowd(command, answers, option, truth)
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        "field label: none of its labels ('0', '1') is one that was answered ('cat', 'dog')" in result.stderr
    )


def test_labels_that_look_like_slips_are_cautioned_against(crowd, answers):
    answers.write_text("item,worker,label\n1,ann,cat\n1,bob,Cat \n2,ann,1\n2,bob,1.0\n2,carl,dog\n")
    told = json.loads(crowd("aggregate", answers, "--json").stdout)
    (caution,) = (each for each in told["cautions"] if each["name"] == "spelling")
    assert "'1' and '1.0'; 'Cat ' and 'cat'; if they mean the same" in caution["text"]


def test_probabilities_are_written_as_predictions_are_read(crowd, answers, tmp_path):
    path, labels = tmp_path / "soft.csv", tmp_path / "labels.csv"
    result = crowd("aggregate", answers, "--probabilities", path, "--output", labels)
    assert result.exit_code == 0, result.stderr
    table = read_predictions(open_input(path), ["cat", "dog"])
    with labels.open(newline="") as file:
        for row, each in zip(table.probabilities, csv.DictReader(file), strict=True):
            assert row[table.labels.index(each["label"])] == float(each["confidence"]) == max(row)


@pytest.mark.parametrize(("blank", "told"), [(100, "100 problems"), (101, "more than 100 problems")])
def test_more_faults_than_are_listed_are_said_to_be_more(crowd, answers, blank, told):
    rows = [f"{n},w," for n in range(blank)]
    answers.write_text("\n".join(["item,worker,label", *rows]) + "\n")
    first, *listed = crowd("aggregate", answers).stderr.splitlines()
    assert first == f"error: {answers}: {told}, none of it was used"
    assert len(listed) == 100


def test_sets_of_another_coding_are_refused(crowd, answers, truth):
    answers.write_text("item,worker,label\n1,ann,cat|dog\n1,bob,cat\n")
    truth.write_text("item,label\n1,0\n2,1\n")
    told = crowd("aggregate", answers, "--kind", "sets", "--truth", truth).stderr
    assert "none of its labels ('0', '1') is one that was answered ('cat', 'dog')" in told


def test_a_measure_of_zero_is_shown(crowd, answers, truth):
    answers.write_text("item,worker,label\n1,ann,cat|dog\n1,bob,cat|dog\n")
    truth.write_text("item,label\n1,cat|eel\n")
    told = crowd("aggregate", answers, "--kind", "sets", "--truth", truth).stderr
    assert "exact                0.0" in told.splitlines()


@pytest.mark.parametrize("kind", ["labels", "numbers"])
def test_items_named_by_two_columns_are_suspected(crowd, answers, kind):
    rows = [f"{item},w,{part},{part}" for item in range(3) for part in range(5)]
    answers.write_text("\n".join(["item,worker,part,label", *rows]) + "\n")
    told = crowd("aggregate", answers, "--kind", kind).stderr
    line = "repeated    12 rows name an item and worker again: the last counts; these are most rows: "
    assert f"{line}is an item named by more columns than one?" in told
