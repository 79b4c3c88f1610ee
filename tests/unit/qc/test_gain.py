"""Expected gains: right in kind, and right in size where they can be counted out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.answers import Answers
from qc.gain import Evidence, confusions, evidence, gains, sobered


def coin(accuracy, labels=2):
    matrix = np.full((labels, labels), (1 - accuracy) / (labels - 1))
    np.fill_diagonal(matrix, accuracy)
    return matrix[None]


def crowd(accuracy, labels=2):
    return evidence(coin(accuracy, labels)).mixed(np.ones(1))


def gain(top, votes=2, left=3, accuracy=0.75):
    posterior = np.array([[top, 1 - top]])
    return float(gains(posterior, np.array([votes]), np.array([left]), crowd(accuracy))[0])


def test_evidence_is_the_mean_and_variance_of_what_an_answer_does_to_the_log_odds():
    found = evidence(coin(0.8))
    step = np.log(0.8 / 0.2)
    assert found.drift[0, 0, 1] == pytest.approx((0.8 - 0.2) * step)
    assert found.spread[0, 0, 1] == pytest.approx(step**2 - (0.6 * step) ** 2)
    assert found.drift[0].diagonal() == pytest.approx(0)


def test_a_worker_drawn_from_two_varies_by_who_it_is():
    two = evidence(np.concatenate([coin(0.9), coin(0.5)]))
    mixed = two.mixed(np.array([1.0, 1.0]))
    assert mixed.drift[0, 1] == pytest.approx(two.drift[:, 0, 1].mean(), rel=1e-4)
    assert mixed.spread[0, 1] > two.spread[:, 0, 1].mean()


def test_doubt_gains_more_than_certainty_and_good_workers_more_than_bad():
    assert gain(0.55) > gain(0.8) > gain(0.99) >= 0
    assert gain(0.6, accuracy=0.9) > gain(0.6, accuracy=0.6)


def test_an_even_split_gains_less_the_more_answers_it_has_had():
    assert gain(0.5, votes=2) > gain(0.5, votes=8) > gain(0.5, votes=30)


def test_looking_ahead_sees_what_one_answer_cannot_do():
    agreed = 0.9  # one answer of a .75 worker leaves the label as it is; three can turn it
    assert gain(agreed, left=5) > gain(agreed, left=1)


def test_nothing_is_gained_where_nothing_is_left_or_nothing_is_open():
    assert gain(0.5, left=0) == 0
    assert gains(np.ones((2, 1)), np.ones(2, int), np.ones(2, int), crowd(0.7)).tolist() == [0, 0]
    assert gains(np.ones((0, 2)), np.ones(0, int), np.ones(0, int), crowd(0.7)).shape == (0,)


def test_a_tempered_posterior_gains_what_the_untempered_one_does():
    raw = np.array([[0.8, 0.15, 0.05], [0.4, 0.35, 0.25]])
    tempered = raw ** (1 / 1.5)
    tempered /= tempered.sum(axis=1, keepdims=True)
    votes, left = np.array([3, 2]), np.array([4, 4])
    same = gains(tempered, votes, left, crowd(0.7, 3), temperature=1.5)
    assert same == pytest.approx(gains(raw, votes, left, crowd(0.7, 3)))


def test_many_answers_claim_less_than_as_many_independent_ones():
    sure = np.array([[0.99, 0.01]])
    few, many = (sobered(sure, np.array([n]), crowd(0.75))[0, 0] for n in (1, 30))
    assert 0.5 < many < few < 0.99


def test_answers_of_a_weak_crowd_add_up_for_longer():
    sure, thirty = np.array([[0.99, 0.01]]), np.array([30])
    strong, weak = (sobered(sure, thirty, crowd(accuracy))[0, 0] for accuracy in (0.9, 0.6))
    assert weak > strong


@given(
    st.lists(st.floats(0.01, 1), min_size=2, max_size=5), st.integers(0, 30), st.integers(0, 20), st.data()
)
def test_a_gain_is_a_probability_and_never_more_than_the_doubt(weights, votes, left, data):
    posterior = np.array([weights]) / sum(weights)
    labels = len(weights)
    accuracy = data.draw(st.floats(1 / labels + 0.01, 0.99))
    found = gains(posterior, np.array([votes]), np.array([left]), crowd(accuracy, labels))[0]
    assert 0 <= found <= 1 - sobered(posterior, np.array([votes]), crowd(accuracy, labels)).max() + 1e-9


def test_matrices_shrink_toward_the_crowd():
    answers = Answers.from_columns(["1", "2", "3", "3"], ["a", "a", "a", "b"], ["x", "y", "x", "y"])
    truth = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    found = confusions(answers, truth)
    assert found.sum(axis=2) == pytest.approx(1)
    assert found[0, 0, 0] > found[1, 0, 0]
    loose = confusions(answers, truth, strength=0.01)
    assert loose[1, 0, 0] < found[1, 0, 0]


def test_evidence_of_each_item_gains_as_that_of_all_where_it_is_the_same():
    posterior, votes, left = np.array([[0.6, 0.4], [0.3, 0.7]]), np.array([2, 3]), np.array([3, 3])
    good, weak = crowd(0.9), crowd(0.6)
    each = Evidence(np.stack([good.drift, weak.drift]), np.stack([good.spread, weak.spread]))
    apart = [gains(posterior, votes, left, one)[place] for place, one in enumerate((good, weak))]
    assert gains(posterior, votes, left, each) == pytest.approx(apart)
