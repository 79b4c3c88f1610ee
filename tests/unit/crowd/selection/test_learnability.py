"""A model that learned is told from one that did not, and batches grow with what is known."""

from __future__ import annotations

import numpy as np
import pytest

from crowd.selection.growth import FIRST, growing
from crowd.selection.learnability import FEWEST, learned


def judged(skill, items, *, labels=3, shares=None, seed=0):
    """Judge a model that gives the right label so much more than an even share."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(labels, items, p=shares)
    table = (1 - skill) * rng.dirichlet(np.ones(labels), items) + skill * np.eye(labels)[truth]
    return learned(table, truth)


def test_a_model_that_knows_something_is_proven():
    found = judged(0.4, 60)
    assert found.proven
    assert found.gain > 3 * found.error
    assert "above its standard error" in found.reason


@pytest.mark.parametrize("shares", [None, (0.9, 0.05, 0.05)])
def test_a_model_that_guesses_is_hardly_ever_proven(shares):
    assert sum(judged(0.0, 60, shares=shares, seed=seed).proven for seed in range(100)) <= 2


def test_the_class_shares_are_no_knowledge():
    for seed in range(20):
        truth = np.random.default_rng(seed).choice(2, 100, p=(0.8, 0.2))
        found = learned(np.tile([0.8, 0.2], (100, 1)), truth)
        assert abs(found.gain) < 0.02


def test_one_sure_mistake_does_not_decide():
    truth = np.arange(40) % 2
    table = np.eye(2)[truth] * 0.8 + 0.1
    table[0] = table[0][::-1] ** 9 / (table[0][::-1] ** 9).sum()
    assert learned(table, truth).proven


def test_few_labels_prove_nothing():
    found = judged(1.0, FEWEST - 1)
    assert not found.proven
    assert found.reason == "only 19 held-out labels to judge the model by, 20 are needed"
    assert not learned(np.empty((0, 2)), np.empty(0, dtype=int)).proven


def test_the_order_of_items_and_labels_changes_nothing(rng):
    truth, table = rng.integers(3, size=50), rng.dirichlet(np.ones(3), 50)
    order, names = rng.permutation(50), np.array([2, 0, 1])
    other = learned(table[order][:, np.argsort(names)], names[truth[order]])
    assert (other.gain, other.error) == pytest.approx(
        (learned(table, truth).gain, learned(table, truth).error)
    )


def test_batches_start_small_and_grow_by_half_of_what_is_known():
    known, sizes = 0, []
    while known < 400:
        sizes.append(growing(100, known))
        known += sizes[-1]
    assert sizes == [20, 20, 20, 30, 45, 67, 100, 100]
    assert growing(5, 0) == 5
    assert growing(FIRST + 1, 10_000) == FIRST + 1
