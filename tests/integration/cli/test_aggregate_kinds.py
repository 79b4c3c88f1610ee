"""`crowd aggregate --kind`: files of other answers than labels in, what they say together out."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from aggregation.kinds import KINDS
from crowd.tables.values import FORMS

BOX = '"[[0, 0, 10, 10]]"'
# By kind: three answers to item i, what they say together, and a measure that is perfect against it.
CASES = {
    "sets": (["a|b", "b|a", "a"], "a|b", ("f1", 1.0)),
    "numbers": (["4", "4", "4"], "4.0", ("mean_absolute_error", 0.0)),
    "texts": (["the cat", "The cat", "the hat"], "the cat", ("word_error_rate", 0.0)),
    "boxes": ([BOX, BOX, "[]"], "[[0.0, 0.0, 10.0, 10.0]]", ("f1", 1.0)),
    "spans": (['"[[0, 4, ""PER""]]"', '"[[0, 4, ""PER""]]"', "[]"], '[[0, 4, "PER"]]', ("f1", 1.0)),
}


def written(folder: Path, kind: str) -> tuple[Path, Path]:
    given, said, _ = CASES[kind]
    answers, truth = folder / "answers.csv", folder / "truth.csv"
    rows = [f"i,w{n},{label}" for n, label in enumerate(given)]
    answers.write_text("\n".join(["item,worker,label", *rows]) + "\n")
    quoted = said.replace('"', '""')
    truth.write_text(f'item,label\ni,"{quoted}"\n')
    return answers, truth


@pytest.mark.parametrize("kind", CASES)
def test_each_kind_is_merged_written_and_measured(crowd, tmp_path, kind):
    answers, truth = written(tmp_path, kind)
    output, workers = tmp_path / "labels.csv", tmp_path / "workers.csv"
    result = crowd(
        "aggregate",
        answers,
        "--kind",
        kind,
        "--truth",
        truth,
        "--output",
        output,
        "--workers",
        workers,
        "--json",
    )
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    (row,) = csv.DictReader(io.StringIO(output.read_text()))
    measure, value = CASES[kind][2]
    assert (row["label"], row["answers"]) == (CASES[kind][1], "3")
    assert told[measure] == pytest.approx(value, abs=1e-6)
    assert told["method"] == KINDS[kind].default
    assert len(list(csv.DictReader(io.StringIO(workers.read_text())))) == 3


def test_every_kind_can_be_given_to_the_command():
    assert set(KINDS) == {"labels", "comparisons", *FORMS}


def test_comparisons_become_a_ranking(crowd, tmp_path):
    answers = tmp_path / "answers.csv"
    answers.write_text("worker,left,right,label\nu,a,b,left\nv,b,c,left\nw,c,a,right\nx,a,b,tie\n")
    result = crowd("aggregate", answers, "--kind", "comparisons")
    assert [row["item"] for row in csv.DictReader(io.StringIO(result.stdout))] == ["a", "b", "c"]
    assert "3 items, 4 workers, 4 answers" in result.stderr


@pytest.mark.parametrize(
    ("kind", "label", "message"),
    [
        ("numbers", "many", "line 2, field label: 'many' is not a number"),
        ("boxes", "x", "line 2, field label: is not a JSON list of boxes"),
        ("boxes", "[[1, 2]]", "is no box: give [left, top, right, bottom]"),
        ("spans", '"[[5, 2, ""PER""]]"', "a span needs 0 <= start < end"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(crowd, tmp_path, kind, label, message):
    path = tmp_path / "answers.csv"
    cell = label if label.startswith('"') else f'"{label}"'
    path.write_text(f"item,worker,label\ni,u,{cell}\n")
    result = crowd("aggregate", path, "--kind", kind)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--kind", "sets", "--method", "glad"),
            "--method glad is for --kind labels; sets are merged by panel, majority",
        ),
        (("--kind", "numbers", "--smoothing", "1"), "--smoothing does not apply to precision"),
        (("--method", "rover"), "--method rover is for --kind texts; labels are merged by panel, "),
    ],
)
def test_options_that_do_not_fit_the_kind_are_refused(crowd, answers, options, message):
    result = crowd("aggregate", answers, *options)
    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", " ")


def test_a_box_without_area_is_left_out(crowd, tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text('item,worker,label\ni,u,"[[3, 3, 3, 3], [0, 0, 9, 9]]"\ni,v,"[[0, 0, 9, 9]]"\n')
    (row,) = csv.DictReader(io.StringIO(crowd("aggregate", path, "--kind", "boxes").stdout))
    assert json.loads(row["label"]) == [[0, 0, 9, 9]]


def test_values_that_hardly_repeat_are_not_fitted_as_labels_unless_that_is_said(crowd, tmp_path):
    answers = tmp_path / "answers.csv"
    rows = [f'i{n // 2},w{n % 2},"[[{n}, 0, 10, 10]]"' for n in range(202)]
    answers.write_text("\n".join(["item,worker,label", *rows]) + "\n")
    result = crowd("aggregate", answers, "--output", tmp_path / "labels.csv")
    assert result.exit_code == 2
    assert "field label: 202 different values in 202 answers, such as '[[0, 0, 10, 10]]'" in result.stderr
    assert "--kind sets, numbers, texts, boxes, spans" in result.stderr
    stated = crowd(
        "aggregate", answers, "--kind", "labels", "--method", "majority", "--output", tmp_path / "labels.csv"
    )
    assert stated.exit_code == 0, stated.stderr
