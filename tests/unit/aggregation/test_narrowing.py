"""Labels nobody used."""

from __future__ import annotations

import numpy as np

from aggregation.answers import Answers
from aggregation.narrowing import narrow
from aggregation.registry import aggregate


def test_labels_in_use_are_kept_and_gold_counts_as_use():
    answers = Answers.from_columns(["a", "b"], ["x", "x"], ["1", "3"], label_set=["0", "1", "2", "3"])
    assert narrow(answers, None).labels == ("1", "3")
    assert narrow(answers, {"a": "0"}).labels == ("0", "1", "3")
    assert narrow(answers, None).label.tolist() == [0, 1]


def test_all_labels_are_kept_when_none_is_used():
    answers = Answers.from_columns([], [], [], label_set=["0", "1"], item_ids=["a"])
    assert narrow(answers, None).labels == ("0", "1")


def test_results_are_over_the_whole_label_set(crowd):
    full = crowd(labels=2)
    answers = Answers(full.item, full.worker, full.label + 1, full.items, full.workers, ("none", "c0", "c1"))
    wide, tight = (aggregate(data, "dawid-skene") for data in (answers, full))
    np.testing.assert_array_equal(wide.posterior[:, 1:], tight.posterior)
    np.testing.assert_array_equal(wide.choice, tight.choice + 1)
    np.testing.assert_array_equal(wide.matrices[:, 1:, 1:], tight.matrices)
    np.testing.assert_allclose(wide.matrices.sum(axis=2), 1.0, atol=1e-8)
