"""Answers out of a pandas frame, and back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from aggregation import Answers, aggregate, answers_of, labels_of, probabilities_of, workers_of

ROWS = [
    ("2", "ann", "cat"),
    ("1", "bob", "dog"),
    ("2", "ann", "dog"),
    ("1", "ann", "cat"),
    ("2", "bob", "dog"),
]


def frame(rows=ROWS, columns=("item", "worker", "label"), **options):
    return pd.DataFrame(rows, columns=list(columns), **options)


def same(one: Answers, other: Answers) -> bool:
    names = ("items", "workers", "labels")
    codes = ("item", "worker", "label")
    return all(getattr(one, name) == getattr(other, name) for name in names) and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in codes
    )


@pytest.mark.parametrize("item", ["item", "task"])
def test_a_frame_gives_the_answers_that_its_columns_give(item):
    assert same(
        answers_of(frame(columns=(item, "worker", "label"))), Answers.from_columns(*zip(*ROWS, strict=True))
    )


def test_other_columns_and_the_index_do_not_matter():
    shuffled = frame(index=[7, 7, 3, 3, 0]).assign(note=1)
    assert same(answers_of(shuffled), answers_of(frame()))


def test_crowdkits_column_does_not_hide_ours():
    assert answers_of(frame().assign(task="x")).items == ("1", "2")


def test_whatever_the_cells_hold_becomes_text():
    found = answers_of(frame([(1, 7, True), (2, 7, False)]))
    assert (found.items, found.workers, found.labels) == (("1", "2"), ("7",), ("False", "True"))


def test_a_label_set_gives_labels_and_their_order():
    found = answers_of(frame(), label_set=["dog", "fish", "cat"])
    assert found.labels == ("dog", "fish", "cat")
    assert same(found, Answers.from_columns(*zip(*ROWS, strict=True), label_set=["dog", "fish", "cat"]))


@pytest.mark.parametrize(
    ("rows", "columns", "told"),
    [
        ([("1", "a")], ("item", "worker"), "column label is missing; found item, worker"),
        ([("1", "a", "x")], ("id", "worker", "label"), "column item is missing; found id"),
        ([("1", "a", "x"), ("1", None, "x")], ("item", "worker", "label"), "row 2: worker is missing"),
        ([("1", "a", "x"), ("1", "b", float("nan"))], ("item", "worker", "label"), "row 2: label is missing"),
    ],
)
def test_what_is_missing_is_named(rows, columns, told):
    with pytest.raises(ValueError, match=told):
        answers_of(frame(rows, columns))


def test_a_label_outside_the_set_is_named():
    with pytest.raises(ValueError, match="label 'cat' is not among 'dog', 'fish'"):
        answers_of(frame(), label_set=["dog", "fish"])


def test_no_rows_are_no_answers():
    answers = answers_of(frame([]))
    assert len(answers) == 0
    assert labels_of(answers, aggregate(answers)).empty


def test_results_are_frames_by_name():
    answers = answers_of(frame())
    found = aggregate(answers, "majority")
    labels, soft, workers = (of(answers, found) for of in (labels_of, probabilities_of, workers_of))
    assert labels.loc["2"].to_dict() == {"label": "dog", "confidence": 1.0, "answers": 2}
    assert soft.loc["1"].to_dict() == {"cat": 0.5, "dog": 0.5}
    assert workers["answers"].to_dict() == {"ann": 2, "bob": 2}
    assert (labels.index.name, soft.columns.name, workers.index.name) == ("item", "label", "worker")
