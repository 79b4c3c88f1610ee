"""Choice, ties, skills, majority."""

from __future__ import annotations

import numpy as np
import pytest

from aggregation.answers import Answers
from aggregation.consensus import choose, clamp, expected_skill
from aggregation.registry import AGGREGATORS, DEFAULT, aggregate


def test_a_tie_goes_to_the_label_given_more_often():
    answers = Answers.from_columns(list("aabbb"), list("xyxyz"), ["0", "1", "1", "1", "1"])
    assert aggregate(answers, "majority").choice.tolist() == [1, 1]


def test_a_full_tie_goes_to_the_first_label():
    answers = Answers.from_columns(list("aa"), list("xy"), ["no", "yes"], label_set=["yes", "no"])
    assert aggregate(answers, "majority").choice.tolist() == [0]


def test_rounding_does_not_break_a_tie():
    assert choose(np.array([[0.5, 0.5 + 1e-12]]), np.array([0.6, 0.4])).tolist() == [0]
    assert choose(np.array([[0.5 - 1e-6, 0.5 + 1e-6]]), np.array([0.6, 0.4])).tolist() == [1]


def test_majority_is_the_share_of_votes():
    answers = Answers.from_columns(list("aaab"), list("xyzx"), list("0112"))
    consensus = aggregate(answers, "majority")
    np.testing.assert_allclose(consensus.posterior, [[1 / 3, 2 / 3, 0], [0, 0, 1]])
    assert consensus.votes.tolist() == [3, 1]


def test_skill_is_the_expected_share_of_right_answers():
    answers = Answers.from_columns(list("aab"), list("xyx"), list("010"))
    posterior = np.array([[0.75, 0.25], [1.0, 0.0]])
    np.testing.assert_allclose(expected_skill(answers, posterior), [0.875, 0.25])


def test_a_worker_without_answers_has_no_skill():
    none = np.zeros(0, dtype=np.int32)
    answers = Answers(none, none, none, ("a",), ("x",), ("0",))
    assert np.isnan(aggregate(answers, "majority").skill).tolist() == [True]


def test_clamping_leaves_the_given_posterior_alone():
    posterior = np.full((2, 2), 0.5)
    assert clamp(posterior, np.array([1, -1])).tolist() == [[0, 1], [0.5, 0.5]]
    assert posterior.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_the_default_method_exists_and_an_unknown_one_is_named(crowd):
    assert DEFAULT in AGGREGATORS
    with pytest.raises(ValueError, match="'magic' is unknown; choose one of panel, majority"):
        aggregate(crowd(), "magic")
