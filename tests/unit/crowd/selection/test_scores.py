"""Scores against their definitions."""

import numpy as np
import pytest

from crowd.selection import scores

ROWS = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3]])


def test_margin_is_one_minus_the_lead():
    np.testing.assert_allclose(scores.margin(ROWS), [1, 0, 0.8, 1])


def test_entropy_is_in_nats_and_takes_zeros():
    third = -(0.2 * np.log(0.2) + 0.3 * np.log(0.3) + 0.5 * np.log(0.5))
    np.testing.assert_allclose(scores.entropy(ROWS), [np.log(2), 0, third, np.log(3)])


def test_least_confident_is_one_minus_the_top():
    np.testing.assert_allclose(scores.least_confident(ROWS), [0.5, 0, 0.5, 2 / 3])


def test_random_does_not_look():
    one, other = (scores.random(p, np.random.default_rng(0)) for p in (ROWS, ROWS[::-1]))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("score", [scores.margin, scores.entropy, scores.least_confident])
def test_a_single_label_leaves_no_doubt(score):
    found = score(np.ones((3, 1)))
    np.testing.assert_array_equal(found, [0, 0, 0])
    assert not np.signbit(found).any()
