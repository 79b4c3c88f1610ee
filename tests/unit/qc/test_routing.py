"""Who answers what: the most telling workers for the most doubtful items, within bounds."""

import numpy as np
import pytest

from qc.routing import KNOWN, information, routes, table


def coin(accuracy):
    return np.array([[accuracy, 1 - accuracy], [1 - accuracy, accuracy]])


def binary(*tops):
    return np.array([[top, 1 - top] for top in tops])


def route(posterior, accuracies, **changed):
    matrices = np.array([coin(accuracy) for accuracy in accuracies])
    workers = len(accuracies)
    given = {
        "given": np.full(workers, KNOWN),
        "may": np.ones((len(posterior), workers), dtype=bool),
        "capacity": np.full(workers, 100),
        "fair_share": 1.0,
    }
    return routes(posterior, matrices, **{**given, **changed})


def test_information_is_the_mutual_information_of_answer_and_truth():
    sure = information(binary(0.5), coin(1.0)[None])
    assert sure == pytest.approx(np.log(2))
    assert information(binary(0.5), coin(0.5)[None]) == pytest.approx(0)
    assert information(binary(1.0), coin(0.9)[None]) == pytest.approx(0, abs=1e-9)


def test_the_table_agrees_with_one_by_one():
    posterior, matrices = binary(0.5, 0.7, 0.95), np.array([coin(0.6), coin(0.9)])
    found = table(posterior, matrices)
    for item in range(3):
        for worker in range(2):
            alone = information(posterior[[item]], matrices[[worker]])[0]
            assert found[item, worker] == pytest.approx(alone)


def test_the_best_worker_gets_the_doubtful_item():
    found = route(binary(0.5, 0.9), [0.95, 0.7], capacity=np.array([1, 1]))
    assert [(r.item, r.worker) for r in found] == [(0, 0), (1, 1)]
    assert found[0].worth > found[1].worth


def test_a_dear_worker_has_to_say_more():
    found = route(binary(0.5), [0.9, 0.8], price=np.array([0.10, 0.02]))
    assert found[0].worker == 1


def test_nobody_is_kept_more_than_a_fair_share():
    found = route(binary(*[0.5] * 10), [0.99, 0.6, 0.6], fair_share=0.2)
    assert sum(r.worker == 0 for r in found) == 2


def test_unknown_workers_and_those_who_may_not_are_kept_nothing():
    may = np.array([[True, False]])
    assert route(binary(0.5), [0.9, 0.95], may=may)[0].worker == 0
    assert route(binary(0.5), [0.9], given=np.array([KNOWN - 1])) == []


def test_a_worker_who_says_nothing_is_kept_nothing():
    assert route(binary(0.5), [0.5]) == []
    assert route(np.zeros((0, 2)), [0.9]) == []
