"""Labeling functions are judged by people, and what they repeat counts once."""

from __future__ import annotations

import numpy as np
import pytest

from aggregation.answers import UNKNOWN
from aggregation.functions import weigh

ITEMS = 600


@pytest.fixture
def truth(rng):
    return rng.integers(0, 3, ITEMS)


@pytest.fixture
def people(truth):
    """Four in five items are answered, and people are right about nearly all."""
    table = np.full((ITEMS, 3), 0.05)
    table[np.arange(ITEMS), truth] = 0.9
    return table, np.arange(ITEMS) % 5 != 0


def votes(rng, truth, right, coverage):
    said = np.where(rng.random(ITEMS) < right, truth, (truth + rng.integers(1, 3, ITEMS)) % 3)
    return np.where(rng.random(ITEMS) < coverage, said, UNKNOWN).astype(np.int32)


def test_good_functions_are_told_from_bad_ones(rng, truth, people):
    columns = [votes(rng, truth, right, 0.6) for right in (0.9, 0.6, 1 / 3)]
    block = weigh(np.stack(columns, axis=1), *people)
    accuracy = block.right / block.judged
    assert accuracy[0] > accuracy[1] + 0.1 > accuracy[2] + 0.2
    heard = ~np.isnan(block.probabilities).any(axis=1)
    right = (block.probabilities.argmax(axis=1) == truth)[heard]
    assert right.mean() > 0.7
    np.testing.assert_allclose(block.probabilities[heard].sum(axis=1), 1.0)


def test_what_is_said_ten_times_by_copies_counts_little_more_than_once(rng, truth, people):
    one = votes(rng, truth, 0.7, 1.0)
    single, tenfold = (weigh(np.stack([one] * count, axis=1), *people) for count in (1, 10))
    assert tenfold.share < single.share
    sure = [block.probabilities.max(axis=1).mean() for block in (single, tenfold)]
    assert abs(sure[1] - sure[0]) < 0.1


def test_shares_add_up_and_silence_stays_silence(people):
    none = np.full((ITEMS, 2), UNKNOWN, dtype=np.int32)
    some = none.copy()
    some[:60, 0], some[30:90, 1] = 0, 1
    block = weigh(some, *people)
    np.testing.assert_allclose(block.coverage, [0.1, 0.1])
    np.testing.assert_allclose(block.overlap, [0.05, 0.05])
    np.testing.assert_allclose(block.conflict, [0.05, 0.05])
    assert np.isnan(block.probabilities[90:]).all()
    assert np.isnan(weigh(none, *people).probabilities).all()


def test_an_item_is_judged_without_its_own_answers():
    """A function that speaks of one item only is not believed because people agree with it there."""
    table = np.full((ITEMS, 3), 1 / 3)
    table[7] = [0.98, 0.01, 0.01]
    column = np.full((ITEMS, 1), UNKNOWN, dtype=np.int32)
    column[7] = 0
    answered = np.zeros(ITEMS, dtype=bool)
    answered[7] = True
    assert weigh(column, table, answered).probabilities[7].max() < 0.98


def test_shapes_that_do_not_fit_are_named(people):
    with pytest.raises(ValueError, match="votes for 3 items, posteriors for 600"):
        weigh(np.zeros((3, 1), dtype=np.int32), *people)
