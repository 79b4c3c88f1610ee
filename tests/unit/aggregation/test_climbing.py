"""No pass makes the answers less likely: the members of the family whose objective can be written down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma, gammaln

from aggregation import mace
from aggregation.answers import Answers
from aggregation.consensus import popularity
from aggregation.dawid_skene import DIAGONAL, shrunken
from aggregation.em import Problem, fit
from aggregation.one_coin import coin

ITEMS, WORKERS = 40, 8
STRENGTH = 2.0
drawn = given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 6))


def noise(seed, labels, overlap):
    """Return answers without any sense: the hardest hill to climb."""
    rng = np.random.default_rng(seed)
    size = ITEMS * overlap
    return Answers.from_columns(
        [f"i{n % ITEMS}" for n in range(size)],
        [f"w{code}" for code in rng.integers(WORKERS, size=size)],
        [f"c{code}" for code in rng.integers(labels, size=size)],
        label_set=[f"c{code}" for code in range(labels)],
    )


def climbed(problem, step, prior_of):
    """Return the log posterior of the parameters after each pass."""
    priors = []

    def maximise(counts, mass):
        rows = problem.pairs.by_worker(counts)
        table, prior = step(counts, mass)
        priors.append(prior_of(table, rows))
        return table, prior

    found = fit(problem, maximise, max_iterations=60, tolerance=0)
    return np.array(found.history) + priors[: found.iterations]


@settings(max_examples=25, deadline=None)
@drawn
def test_shrunken_rows_never_become_less_likely(seed, labels, overlap):
    answers = noise(seed, labels, overlap)
    problem = Problem.of(answers, answers.codes_of(None))
    pairs = problem.pairs
    toward = np.where(
        np.arange(labels) == np.arange(labels)[:, None], DIAGONAL, (1 - DIAGONAL) / (labels - 1)
    )

    def prior_of(table, rows):
        """Dirichlet rows, those cells included that no answer fell into."""
        of_worker = np.zeros((WORKERS, labels))
        of_worker[pairs.worker] = rows
        dense = STRENGTH * np.repeat(toward[None], WORKERS, axis=0) / (of_worker + STRENGTH)[:, :, None]
        dense[pairs.worker, :, pairs.label] = table
        np.testing.assert_allclose(dense.sum(axis=2), 1.0)
        return STRENGTH * float((toward * np.log(dense)).sum())

    step = shrunken(pairs, popularity(answers), strength=STRENGTH, diagonal=DIAGONAL)
    assert np.all(np.diff(climbed(problem, step, prior_of)) > -1e-6)


@settings(max_examples=25, deadline=None)
@drawn
def test_coins_never_become_less_likely(seed, labels, overlap):
    answers = noise(seed, labels, overlap)
    problem = Problem.of(answers, answers.codes_of(None))
    pairs = problem.pairs

    def prior_of(table, rows):
        del rows
        right = np.full(WORKERS, DIAGONAL)
        right[pairs.worker] = table[np.arange(len(pairs.label)), pairs.label]
        return STRENGTH * float((DIAGONAL * np.log(right) + (1 - DIAGONAL) * np.log(1 - right)).sum())

    step = coin(pairs, popularity(answers), strength=STRENGTH, accuracy=DIAGONAL)
    assert np.all(np.diff(climbed(problem, step, prior_of)) > -1e-6)


@pytest.mark.parametrize(
    ("seed", "labels", "overlap"), [(0, 2, 4), (1, 3, 1), (2, 5, 6), (3, 2, 2), (4, 4, 3)]
)
def test_the_evidence_for_mace_never_falls(monkeypatch, seed, labels, overlap):
    answers = noise(seed, labels, overlap)
    problem = Problem.of(answers, answers.codes_of(None))
    pairs, flat = problem.pairs, np.full(labels, 1.0 / labels)
    strength, read = mace._strength, []
    monkeypatch.setattr(mace, "_strength", lambda counts: (read.append(counts), strength(counts))[1])
    posterior, bounds = problem.kernel.start(), []
    competence = mace.random_start(pairs, np.random.default_rng(seed))
    for passed in range(40):
        likelihood = problem.kernel.expect(mace._table(pairs, competence), flat, posterior).log_likelihood
        if passed:
            _, habit, _, knowing, guessing = read
            bounds.append(likelihood - apart(pairs, habit, knowing, guessing))
        read.clear()
        competence = mace._maximise(pairs, competence, problem.kernel.collect(posterior)[0])
    assert np.all(np.diff(bounds) > -1e-6)
    assert bounds[-1] > bounds[0]


def apart(pairs, habit, knowing, guessing):
    """Return the divergence of what is believed of the workers from what was believed of all before."""
    _, workers, labels = pairs.shape
    habits = np.full((workers, labels), mace.HABIT_PRIOR)
    habits[pairs.worker, pairs.label] = habit
    knows = divergence(np.stack([knowing, guessing], axis=1), mace.KNOWING_PRIOR)
    return knows + divergence(habits, mace.HABIT_PRIOR)


def divergence(counts, before):
    """Return the summed Kullback-Leibler divergence of Dirichlet rows from one with equal counts."""
    total, size = counts.sum(axis=1), counts.shape[1]
    norm = gammaln(total) - gammaln(counts).sum(axis=1) - gammaln(before * size) + size * gammaln(before)
    return float(norm.sum() + ((counts - before) * (digamma(counts) - digamma(total)[:, None])).sum())
