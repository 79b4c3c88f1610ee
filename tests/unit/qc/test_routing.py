"""Whose answer says how much, and who says more than most."""

import numpy as np
import pytest

from qc.routing import JUDGED_FROM, KNOWN, information, poor, proven


def coin(accuracy):
    return np.array([[accuracy, 1 - accuracy], [1 - accuracy, accuracy]])


def coins(*accuracies):
    return np.array([coin(accuracy) for accuracy in accuracies])


def binary(*tops):
    return np.array([[top, 1 - top] for top in tops])


def many(workers):
    return np.full(workers, 10 * KNOWN)


def test_information_is_the_mutual_information_of_answer_and_truth():
    sure = information(binary(0.5), coins(1.0))
    assert sure == pytest.approx(np.log(2))
    assert information(binary(0.5), coins(0.5)) == pytest.approx(0)
    assert information(binary(1.0), coins(0.9)) == pytest.approx(0, abs=1e-9)


def test_proven_is_whose_answers_say_more_than_the_crowds():
    assert proven(coins(0.95, 0.7, 0.6), many(3)).tolist() == [True, False, False]


def test_who_is_reliably_wrong_says_as_much():
    assert proven(coins(0.05, 0.7, 0.7), many(3)).tolist() == [True, False, False]


def test_nobody_is_proven_before_they_are_known():
    assert proven(coins(0.95, 0.6), np.array([KNOWN - 1, 100])).tolist() == [False, False]


def test_the_busy_say_what_is_usual():
    assert proven(coins(0.9, 0.8, 0.6), np.array([1000, 10, 10])).tolist() == [True, False, False]
    assert proven(coins(0.9, 0.8, 0.6), np.array([10, 10, 1000])).tolist() == [True, True, False]


def test_who_says_what_is_common_whatever_is_asked_proves_nothing():
    always = np.array([[0.99, 0.01], [0.99, 0.01]])
    assert proven(np.stack([always, coin(0.7)]), many(2)).tolist() == [False, True]


def test_poor_is_whose_answers_say_less_than_half_of_what_the_crowds_do():
    assert poor(coins(0.9, 0.8, 0.55), many(3)).tolist() == [False, False, True]


def test_nobody_is_poor_before_they_are_known():
    assert poor(coins(0.9, 0.5), np.array([100, JUDGED_FROM - 1])).tolist() == [False, False]


def test_where_nobody_says_anything_nobody_is_poorer():
    assert not poor(coins(0.5, 0.5), many(2)).any()


def test_where_all_are_alike_or_nobody_is_there_nobody_is_ahead():
    assert not proven(coins(0.8, 0.8), many(2)).any()
    assert proven(np.zeros((0, 2, 2)), np.zeros(0, dtype=int)).tolist() == []
    assert proven(coins(0.9), np.zeros(1, dtype=int)).tolist() == [False]
