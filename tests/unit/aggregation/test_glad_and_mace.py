"""The own GLAD and MACE against crowd-kit's and against what their models promise."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from aggregation.answers import Answers
from aggregation.em import Problem
from aggregation.glad import Parameters, ascend, expect, glad, log_prior
from aggregation.mace import Competence, climb, mace
from aggregation.registry import aggregate


def frame(answers):
    return pd.DataFrame({"task": answers.item, "worker": answers.worker, "label": answers.label})


def test_glad_expects_what_crowdkit_expects(crowd, rng):
    from crowdkit.aggregation.classification.glad import GLAD

    answers = crowd(items=30)
    parameters = Parameters(
        rng.normal(1, 0.5, len(answers.workers)), rng.normal(0.5, 0.3, len(answers.items))
    )
    theirs = GLAD()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = frame(answers)
        theirs._init(data)
        alphas = pd.Series(parameters.ability, index=range(len(answers.workers)))
        betas = pd.Series(parameters.easiness, index=range(len(answers.items)))
        theirs._e_step(theirs._join_all(data, alphas, betas, theirs.priors_))
    posterior, _ = expect(answers, answers.codes_of(None), parameters)
    ordered = theirs.probas_.reindex(index=range(len(answers.items)), columns=range(3)).to_numpy()
    np.testing.assert_allclose(posterior, ordered, atol=1e-9)


def test_glad_climbs(crowd):
    answers = crowd()
    parameters = Parameters(np.ones(len(answers.workers)), np.ones(len(answers.items)))
    scores = []
    for _ in range(30):
        posterior, likelihood = expect(answers, answers.codes_of(None), parameters)
        scores.append(likelihood + log_prior(parameters))
        parameters = ascend(answers, posterior[answers.item, answers.label], parameters)
    assert np.all(np.diff(scores) > -1e-6)
    assert scores[-1] - scores[0] > 1


def test_glad_finds_able_workers(crowd):
    answers = crowd(items=200, overlap=6, accuracy=0.7)
    consensus = glad(answers)
    truth = np.array([int(name[-1]) for name in answers.items])
    right = truth[answers.item] == answers.label
    true_skill = np.bincount(answers.worker, right) / np.bincount(answers.worker)
    assert np.corrcoef(consensus.skill, true_skill)[0, 1] > 0.9


def test_mace_climbs_as_crowdkits_does(crowd):
    from crowdkit.aggregation.classification.mace import MACE

    full = crowd(items=40)
    # crowd-kit mixes up workers and labels unless they are numbered in the order of their first answers.
    worker, label = (pd.factorize(codes)[0].astype(np.int32) for codes in (full.worker, full.label))
    answers = Answers(full.item, worker, label, full.items, full.workers, full.labels)
    theirs, start = MACE(n_restarts=1, n_iter=12), MACE()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        probabilities = theirs.fit_predict_proba(frame(answers))
        start._initialize(len(answers.workers), 3)
    problem = Problem.of(answers, answers.codes_of(None))
    habit = start.thetas_[problem.pairs.worker, problem.pairs.label]
    competence = Competence(start.spamming_[:, 1], start.spamming_[:, 0], habit)
    posterior, _, passes = climb(problem, competence, max_iterations=13, tolerance=-1.0)
    ordered = probabilities.reindex(index=range(len(answers.items)), columns=range(3)).to_numpy()
    assert passes == 13
    np.testing.assert_allclose(posterior, ordered, atol=1e-9)


def test_mace_sees_through_a_worker_who_always_says_the_same(crowd):
    answers = crowd(items=120, overlap=5, accuracy=0.85)
    lazy = answers.worker == 3
    constant = Answers(
        answers.item,
        answers.worker,
        np.where(lazy, 0, answers.label),
        answers.items,
        answers.workers,
        answers.labels,
    )
    skill = mace(constant, restarts=3).skill
    assert skill[3] < np.delete(skill, 3).min()


def test_mace_with_more_starts_is_never_less_likely(crowd):
    answers = crowd(accuracy=0.6)
    few, many = (aggregate(answers, "mace", restarts=count).log_likelihood for count in (1, 6))
    assert many >= few


@pytest.mark.parametrize("method", ["glad", "mace"])
def test_gold_moves_skills_toward_the_truth(crowd, method):
    answers = crowd(accuracy=0.55, overlap=3, items=150)
    truth = np.array([int(name[-1]) for name in answers.items])
    right = truth[answers.item] == answers.label
    true_skill = np.bincount(answers.worker, right) / np.bincount(answers.worker)
    gold = {name: f"c{name[-1]}" for name in answers.items[:100]}
    free, taught = (aggregate(answers, method, gold=known).skill for known in (None, gold))
    assert np.abs(taught - true_skill).mean() < np.abs(free - true_skill).mean()
