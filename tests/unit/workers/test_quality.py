"""Quality: what answers tell, whatever the labels' shares, and how sure that is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aggregation.answers import Answers
from workers import quality as module
from workers.quality import informedness_of, quality, quality_of

PERFECT = np.eye(2)
CONSTANT = np.array([[1.0, 0.0], [1.0, 0.0]])
GUESS = np.full((2, 2), 0.5)
LIAR = np.array([[0.0, 1.0], [1.0, 0.0]])


def counted(*matrices: np.ndarray, answers: float = 400.0) -> np.ndarray:
    return np.array([matrix * answers for matrix in matrices])


def test_the_measures_know_experts_spammers_and_liars(rng):
    found = quality(counted(PERFECT, CONSTANT, GUESS, LIAR), rng=rng)
    assert found.informedness.value == pytest.approx([1, 0, 0, -1], abs=0.05)
    assert found.information.value == pytest.approx([1, 0, 0, 1], abs=0.05)


def test_how_common_a_label_is_does_not_matter(rng):
    rare = counted(CONSTANT) * np.array([[0.95], [0.05]])
    found = quality(rare, rng=rng)
    assert found.informedness.value[0] == pytest.approx(0, abs=0.1)
    assert found.information.value[0] == pytest.approx(0, abs=0.1)


def test_more_answers_make_the_interval_narrower(rng):
    good = np.array([[0.8, 0.2], [0.3, 0.7]])
    found = quality(np.stack([good * 10, good * 1000]), rng=rng)
    width = found.informedness.high - found.informedness.low
    assert width[1] < width[0] / 3


def test_intervals_hold_the_truth_nine_times_in_ten(rng):
    truth = np.array([[0.8, 0.2], [0.3, 0.7]])
    counts = np.stack(
        [np.array([rng.multinomial(40, row) for row in truth], dtype=float) for _ in range(400)]
    )
    found = quality(counts, rng=rng, prior_answers=1.0)
    held = (found.informedness.low <= 0.5) & (found.informedness.high >= 0.5)
    assert held.mean() == pytest.approx(0.9, abs=0.05)


def test_an_unknown_worker_is_taken_for_an_average_one(rng):
    good = np.array([[0.9, 0.1], [0.2, 0.8]])
    found = quality(np.stack([good * 500, np.zeros((2, 2))]), rng=rng)
    assert found.matrices[1] == pytest.approx(good, abs=0.01)


def test_a_liar_costs_nothing_and_a_guesser_the_most(rng):
    found = quality(counted(PERFECT, LIAR, GUESS), rng=rng, costs=1.0 - np.eye(2))
    assert found.cost is not None
    assert found.cost.value == pytest.approx([0, 0, 0.5], abs=0.03)


def test_what_does_not_fit_is_refused(rng):
    with pytest.raises(ValueError, match="counts: shape"):
        quality(np.zeros((2, 3)), rng=rng)
    with pytest.raises(ValueError, match="costs: shape"):
        quality(counted(PERFECT), rng=rng, costs=np.zeros((3, 3)))


@given(arrays(float, (3, 3, 3), elements=st.floats(0, 50)), st.permutations(range(3)))
def test_renaming_labels_changes_nothing(counts, order):
    before = quality(counts, rng=np.random.default_rng(0))
    after = quality(counts[:, order][:, :, order], rng=np.random.default_rng(0))
    assert after.informedness.value == pytest.approx(before.informedness.value)
    assert after.information.value == pytest.approx(before.information.value)
    assert np.all(before.information.value >= -1e-9)
    assert np.all(before.informedness.low <= before.informedness.high)


def test_a_guesser_may_tell_nothing(rng):
    counts = np.stack([rng.multinomial(15, [0.5, 0.5], size=2).astype(float) for _ in range(300)])
    low = quality(counts, rng=rng).information.low
    assert (low == 0).mean() > 0.9


def asked(rng, truth, right):
    """One worker on as many items, right with that probability."""
    said = np.where(rng.random(len(truth)) < right, truth, 1 - truth).astype(np.int32)
    item = np.arange(len(truth), dtype=np.int32)
    names = tuple(f"i{n}" for n in item)
    return Answers(item, np.zeros_like(item), said, names, ("w",), ("no", "yes"))


def test_where_the_truth_is_unsure_so_is_the_worth(rng):
    truth = rng.integers(2, size=100)
    answers = asked(rng, truth, 0.8)
    width = []
    for sure in (1.0, 0.7):
        believed = np.where(rng.random(100) < sure, truth, 1 - truth)
        posterior = np.where(np.arange(2) == believed[:, None], sure, 1.0 - sure)
        found = quality_of(answers, posterior, rng=rng).informedness
        width.append(found.high[0] - found.low[0])
    assert width[1] > 1.1 * width[0]


def test_a_certain_posterior_counts_like_the_truth(rng):
    truth = rng.integers(2, size=200)
    answers, posterior = asked(rng, truth, 0.7), np.eye(2)[truth]
    counts = np.zeros((1, 2, 2))
    np.add.at(counts, (0, truth, answers.label), 1.0)
    concluded, counted = quality_of(answers, posterior, rng=rng), quality(counts, rng=rng)
    assert concluded.matrices == pytest.approx(counted.matrices)
    assert concluded.informedness.low == pytest.approx(counted.informedness.low, abs=0.05)


def test_many_workers_are_measured_in_parts_as_all_at_once(rng, monkeypatch):
    item, worker = (part.ravel().astype(np.int32) for part in np.mgrid[:40, :7])
    label = rng.integers(3, size=item.size).astype(np.int32)
    names = (tuple(f"{letter}{n}" for n in range(count)) for letter, count in (("i", 40), ("w", 7)))
    answers = Answers(item, worker, label, *names, tuple("abc"))
    posterior = rng.dirichlet(np.ones(3), 40)
    whole = quality_of(answers, posterior, rng=rng)
    monkeypatch.setattr(module, "CELLS", 2 * module.DRAWS * 9)
    parts = quality_of(answers, posterior, rng=rng)
    assert parts.matrices == pytest.approx(whole.matrices)
    assert parts.informedness.value == pytest.approx(whole.informedness.value)
    assert parts.informedness.high == pytest.approx(whole.informedness.high, abs=0.1)


def test_informedness_alone_is_that_of_the_whole_measure(rng):
    posterior = rng.dirichlet(np.ones(3), size=30)
    posterior[4] = np.nan
    item, worker = np.repeat(np.arange(30), 4), np.tile(np.arange(4), 30)
    names = (tuple(map(str, range(count))) for count in (30, 4, 3))
    answers = Answers(item.astype(np.int32), worker.astype(np.int32), rng.integers(3, size=120), *names)
    whole = quality_of(answers, posterior, rng=rng).informedness.value
    np.testing.assert_array_equal(informedness_of(answers, posterior), whole)


def test_with_many_labels_information_lies_within_its_interval(rng):
    counts = np.stack(
        [np.array([rng.multinomial(2, row) for row in 0.6 * np.eye(10) + 0.04]) for _ in range(20)]
    )
    found = quality(counts.astype(float), rng=rng).information
    assert np.all(found.low < found.value - 0.05)
    assert np.all(found.value + 0.05 < found.high)
