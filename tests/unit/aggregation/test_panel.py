"""The default method and the shrunken models it is made of."""

from __future__ import annotations

import numpy as np
import pytest

from aggregation.answers import UNKNOWN, Answers
from aggregation.consensus import popularity
from aggregation.dawid_skene import hierarchical
from aggregation.em import Problem, fit
from aggregation.panel import informative, informedness, panel
from aggregation.registry import aggregate
from aggregation.temperature import temper
from aggregation.tilted import Tilted

SHRUNKEN = ("dawid-skene-map", "dawid-skene-hierarchical", "dawid-skene-skill")


def truth_of(answers):
    return np.array([int(name[-1]) for name in answers.items])


def replaced(answers, workers, label):
    """Let some workers always give one label."""
    constant = np.isin(answers.worker, workers)
    labels = np.where(constant, label, answers.label).astype(np.int32)
    return Answers(answers.item, answers.worker, labels, answers.items, answers.workers, answers.labels)


def test_it_is_right_more_often_than_its_weakest_member_on_a_mixed_crowd(crowd):
    answers = replaced(crowd(items=300, workers=20, overlap=3, accuracy=0.75), range(6), 0)
    truth = truth_of(answers)
    accuracy = {name: np.mean(aggregate(answers, name).choice == truth) for name in ("panel", "majority")}
    assert accuracy["panel"] > accuracy["majority"] + 0.05


def test_a_common_label_is_not_taken_for_one_that_workers_lean_to(rng):
    truth = (rng.random(800) > 0.95).astype(np.int32)
    accuracy = rng.uniform(0.7, 0.95, 25)
    item = np.repeat(np.arange(800, dtype=np.int32), 3)
    worker = np.concatenate([rng.permutation(25)[:3] for _ in range(800)]).astype(np.int32)
    right = rng.random(2400) < accuracy[worker]
    label = np.where(right, truth[item], 1 - truth[item]).astype(np.int32)
    items, workers = (tuple(f"{n:03d}" for n in range(size)) for size in (800, 25))
    answers = Answers(item, worker, label, items, workers, ("common", "rare"))
    shown = {name: np.mean(aggregate(answers, name).choice == truth) for name in ("panel", "majority")}
    assert shown["panel"] > shown["majority"] - 0.005


def test_workers_who_ignore_the_question_are_left_out(crowd):
    answers = replaced(crowd(items=300, workers=20, overlap=5), [2, 7], 1)
    known = np.full(300, UNKNOWN, dtype=np.int32)
    kept = informative(answers, known)
    assert set(np.unique(answers.worker)) - set(np.unique(kept.worker)) == {2, 7}
    assert np.all(np.bincount(kept.item, minlength=300) > 0)


def test_an_item_keeps_its_answers_when_all_its_workers_are_uninformative(crowd):
    answers = replaced(crowd(items=100, workers=10, overlap=1), [0], 1)
    kept = informative(answers, np.full(100, UNKNOWN, dtype=np.int32))
    assert len(kept) == len(answers)


def test_informedness_is_1_for_an_oracle_and_0_for_a_constant(crowd):
    full = crowd(items=400, workers=12, overlap=6, accuracy=0.9)
    answers = replaced(full, [5], 2)
    oracle = answers.worker == 4
    labels = np.where(oracle, truth_of(answers)[answers.item], answers.label).astype(np.int32)
    answers = Answers(answers.item, answers.worker, labels, answers.items, answers.workers, answers.labels)
    problem = Problem.of(answers, np.full(400, UNKNOWN, dtype=np.int32))
    step = hierarchical(problem.pairs, popularity(answers), strength=2.0, diagonal=0.7)
    score = informedness(problem.pairs, fit(problem, step, max_iterations=50, tolerance=1e-6).table)
    assert score[4] > 0.95
    assert abs(score[5]) < 0.1


def test_a_temperature_only_calibrates(crowd):
    answers = crowd()
    raw, cautious = (panel(answers, temperature=value) for value in (1.0, 2.0))
    np.testing.assert_allclose(cautious.posterior, temper(raw.posterior, 2.0))
    np.testing.assert_array_equal(cautious.choice, raw.choice)


def test_gold_lowers_the_confidence_of_a_crowd_that_errs_together(crowd):
    answers = crowd(items=200, overlap=5, accuracy=0.9)
    truth = truth_of(answers)
    # Everyone is wrong in the same way on two fifths of the items.
    hard = np.arange(200) % 5 < 2
    labels = np.where(hard[answers.item], (truth[answers.item] + 1) % 3, answers.label).astype(np.int32)
    fooled = Answers(answers.item, answers.worker, labels, answers.items, answers.workers, answers.labels)
    gold = {name: f"c{name[-1]}" for name in fooled.items[:40]}
    free, taught = panel(fooled), panel(fooled, gold=gold)
    assert taught.confidence[40:].mean() < free.confidence[40:].mean() - 0.1


@pytest.mark.parametrize("method", SHRUNKEN)
def test_shrunken_models_settle(crowd, method):
    answers = crowd(items=150, overlap=3)
    settled = aggregate(answers, method, max_iterations=2000, tolerance=1e-9)
    assert settled.iterations < 2000
    assert np.mean(settled.choice == truth_of(answers)) > 0.8


@pytest.mark.parametrize("method", SHRUNKEN)
def test_a_worker_with_one_answer_is_taken_for_the_crowd(crowd, method):
    full = crowd(items=200, workers=12, overlap=4, accuracy=0.85)
    item = np.append(full.item, 0).astype(np.int32)
    worker = np.append(full.worker, 12).astype(np.int32)
    label = np.append(full.label, full.label[0]).astype(np.int32)
    answers = Answers(item, worker, label, full.items, (*full.workers, "new"), full.labels)
    matrices = aggregate(answers, method, strength=50.0).matrices
    others = matrices[:12].mean(axis=0)
    assert np.abs(np.diag(matrices[12]) - np.diag(others)).max() < 0.2


def test_tilting_follows_the_workers_own_accuracy(crowd):
    answers = crowd(items=300, workers=10, overlap=4, accuracy=0.75)
    problem = Problem.of(answers, np.full(300, UNKNOWN, dtype=np.int32))
    step = Tilted(problem.pairs, popularity(answers), strength=1000.0, precision=0.1)
    table = fit(problem, step, max_iterations=100, tolerance=1e-8).table
    modelled = table[np.arange(len(table)), problem.pairs.label].reshape(10, 3).mean(axis=1)
    right = truth_of(answers)[answers.item] == answers.label
    actual = np.bincount(answers.worker, right) / np.bincount(answers.worker)
    assert np.corrcoef(modelled, actual)[0, 1] > 0.9
