"""Coding of answers: order, repeats, label sets, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.answers import Answers

ROWS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz"), st.sampled_from("012")),
    min_size=1,
    max_size=40,
)


def columns(rows):
    return [list(column) for column in zip(*rows, strict=True)]


def triples(answers):
    return [
        (answers.items[i], answers.workers[w], answers.labels[k])
        for i, w, k in zip(answers.item, answers.worker, answers.label, strict=True)
    ]


def test_names_are_sorted_and_rows_ordered_by_item_and_worker():
    answers = Answers.from_columns(["b", "a", "b"], ["y", "x", "x"], ["1", "0", "0"])
    assert (answers.items, answers.workers, answers.labels) == (("a", "b"), ("x", "y"), ("0", "1"))
    assert triples(answers) == [("a", "x", "0"), ("b", "x", "0"), ("b", "y", "1")]


@given(ROWS)
def test_the_last_differing_answer_counts(rows):
    expected = {(item, worker): label for item, worker, label in rows}
    assert triples(Answers.from_columns(*columns(rows))) == sorted(
        (*key, label) for key, label in expected.items()
    )


@given(ROWS)
def test_all_repeats_are_kept_on_request(rows):
    assert triples(Answers.from_columns(*columns(rows), repeats="all")) == sorted(rows)


def test_the_label_set_keeps_its_order_and_may_hold_unused_labels():
    answers = Answers.from_columns(["a"], ["x"], ["no"], label_set=["yes", "no", "unsure"])
    assert answers.labels == ("yes", "no", "unsure")
    assert answers.label.tolist() == [1]


def test_items_without_answers_are_known_when_listed():
    answers = Answers.from_columns(["b"], ["x"], ["1"], item_ids=["c", "b", "a", "b"])
    assert answers.items == ("a", "b", "c")
    assert answers.item.tolist() == [1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": ["0", "2"], "label_set": ["0", "1"]}, r"row 2: label '2' is not among '0', '1'"),
        ({"item_ids": ["a"]}, r"row 2: item 'b' is not among 'a'"),
        ({"label_set": ["0", "0"]}, "a label is listed twice"),
        ({"labels": ["0"]}, "2 items, 2 workers, 1 labels"),
        ({"repeats": "first"}, "'first' is unknown"),
    ],
)
def test_what_is_wrong_is_named(arguments, message):
    given_ = {"items": ["a", "b"], "workers": ["x", "x"], "labels": ["0", "1"], **arguments}
    with pytest.raises(ValueError, match=message):
        Answers.from_columns(given_.pop("items"), given_.pop("workers"), given_.pop("labels"), **given_)


def test_items_without_any_label_are_refused():
    with pytest.raises(ValueError, match="give the label set"):
        Answers.from_columns([], [], [], item_ids=["a"])


def test_codes_outside_their_names_are_refused():
    one = np.zeros(1, dtype=np.int32)
    with pytest.raises(ValueError, match="label: codes must lie between 0 and 1"):
        Answers(one, one, one + 2, ("a",), ("x",), ("0", "1"))


def test_columns_of_codes_must_have_one_length():
    one = np.zeros(1, dtype=np.int32)
    with pytest.raises(ValueError, match=r"worker: \(2,\) codes"):
        Answers(one, np.zeros(2, dtype=np.int32), one, ("a",), ("x",), ("0",))


def test_gold_becomes_codes_and_foreign_items_are_ignored():
    answers = Answers.from_columns(["a", "b"], ["x", "x"], ["0", "1"])
    assert answers.codes_of({"b": "0", "elsewhere": "9"}).tolist() == [-1, 0]
    assert answers.codes_of(None).tolist() == [-1, -1]


def test_a_gold_label_outside_the_label_set_is_named():
    answers = Answers.from_columns(["a"], ["x"], ["0"])
    with pytest.raises(ValueError, match="item 'a' has label '7', not among '0'"):
        answers.codes_of({"a": "7"})
