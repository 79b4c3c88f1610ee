"""The plain model against the paper, and against the paper's equations written out densely."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.answers import Answers
from aggregation.dawid_skene import dawid_skene, plain
from aggregation.em import Problem, fit
from aggregation.registry import aggregate

# A. P. Dawid and A. M. Skene, Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm,
# Applied Statistics 28 (1979), table 1: fitness of 45 patients for anaesthesia, 1 to 4; per patient three
# readings by observer 1, then one each by observers 2 to 5.
TABLE_1 = (
    "1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 "
    "2322223 4444444 2223343 1111111 2223212 1211111 1112111 1111111 1111111 "
    "2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222 "
    "1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 "
    "2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222"
)
OBSERVERS = "1112345"


@pytest.fixture(scope="module")
def patients() -> Answers:
    rows = [
        (f"patient {number:02d}", observer, reading)
        for number, readings in enumerate(TABLE_1.split(), start=1)
        for observer, reading in zip(OBSERVERS, readings, strict=True)
    ]
    return Answers.from_columns(*zip(*rows, strict=True), repeats="all")


def written_out(answers: Answers, iterations: int):
    """Follow equations (2.3) to (2.5) of the paper with dense counts n[item, worker, label]."""
    counts = np.zeros((len(answers.items), len(answers.workers), len(answers.labels)))
    np.add.at(counts, (answers.item, answers.worker, answers.label), 1)
    truth = counts.sum(axis=1) / counts.sum(axis=(1, 2))[:, None]
    for _ in range(iterations):
        prior = truth.mean(axis=0)
        rates = np.einsum("ij,ikl->kjl", truth, counts)
        rates /= np.maximum(rates.sum(axis=2, keepdims=True), 1e-300)
        likelihood = prior * np.prod(rates[None] ** counts[:, :, None, :], axis=(1, 3))
        truth = likelihood / likelihood.sum(axis=1, keepdims=True)
    return truth, rates, np.log(likelihood.sum(axis=1)).sum()


def test_all_readings_of_the_1979_table_are_kept(patients):
    assert (len(patients), len(patients.items), len(patients.workers)) == (315, 45, 5)


def test_the_1979_table_gives_the_published_result(patients):
    consensus = dawid_skene(patients, max_iterations=1000)
    # Table 2 of the paper: class marginals, and the error rates of observer 1.
    np.testing.assert_allclose(consensus.posterior.mean(axis=0), [0.40, 0.42, 0.11, 0.07], atol=0.005)
    observer_1 = [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]]
    np.testing.assert_allclose(consensus.matrices[0], observer_1, atol=0.0051)


def test_the_1979_table_follows_the_papers_equations(patients):
    consensus = dawid_skene(patients, max_iterations=60, tolerance=0)
    truth, rates, likelihood = written_out(patients, 60)
    np.testing.assert_allclose(consensus.posterior, truth, atol=1e-7)
    np.testing.assert_allclose(consensus.matrices, rates, atol=1e-7)
    assert consensus.log_likelihood == pytest.approx(likelihood, abs=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_it_stops_when_nothing_moves(crowd, smoothing):
    answers = crowd()
    consensus = dawid_skene(answers, smoothing=smoothing, max_iterations=5000, tolerance=1e-10)
    again = dawid_skene(answers, smoothing=smoothing, max_iterations=consensus.iterations + 50, tolerance=0)
    assert consensus.iterations < 5000
    np.testing.assert_allclose(consensus.posterior, again.posterior, atol=1e-7)


def test_smoothing_moves_matrices_toward_flat_ones(crowd):
    answers = crowd()
    sharp, smooth = (dawid_skene(answers, smoothing=s).matrices for s in (0.0, 50.0))
    assert np.abs(smooth - 1 / 3).max() < 0.1 < np.abs(sharp - 1 / 3).max()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 6))
def test_the_likelihood_never_falls(seed, labels, overlap):
    rng = np.random.default_rng(seed)
    size = 40 * overlap
    answers = Answers.from_columns(
        [f"i{n % 40}" for n in range(size)],
        [f"w{code}" for code in rng.integers(8, size=size)],
        [f"c{code}" for code in rng.integers(labels, size=size)],
    )
    problem = Problem.of(answers, answers.codes_of(None))
    history = fit(problem, plain(problem.pairs, 0.0), max_iterations=60, tolerance=0).history
    assert np.all(np.diff(history) > -1e-6)


def test_gold_shapes_the_matrices(crowd):
    answers = crowd(accuracy=0.6)
    gold = {name: f"c{name[-1]}" for name in answers.items[:40]}
    free, taught = (dawid_skene(answers, gold=known) for known in (None, gold))
    truth = np.array([int(name[-1]) for name in answers.items])
    unseen = slice(40, None)
    assert np.mean(taught.choice[unseen] == truth[unseen]) >= np.mean(free.choice[unseen] == truth[unseen])
    assert np.abs(taught.matrices - free.matrices).max() > 0.01


def test_a_gold_item_without_answers_stays_gold(crowd):
    full = crowd()
    answers = Answers(full.item, full.worker, full.label, (*full.items, "silent"), full.workers, full.labels)
    assert dawid_skene(answers, gold={"silent": "c1"}).posterior[-1].tolist() == [0, 1, 0]


@pytest.mark.parametrize(("setting", "value"), [("smoothing", -1.0), ("max_iterations", 0)])
def test_a_setting_out_of_range_is_named(crowd, setting, value):
    with pytest.raises(ValueError, match=setting):
        aggregate(crowd(), "dawid-skene", **{setting: value})
