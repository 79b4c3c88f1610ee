"""Machines are heard as far as they foretell what people say, and never louder than people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.answers import UNKNOWN, Answers
from aggregation.fusion import CAP, fuse
from aggregation.registry import aggregate

NOBODY = np.full(300, UNKNOWN, dtype=np.int32)


def truth_of(answers):
    return np.array([int(name[-1]) for name in answers.items])


def opinions(truth, right, labels, seed=0):
    """A model that is right this often, and always says it is .8 sure."""
    rng = np.random.default_rng(seed)
    said = np.where(rng.random(len(truth)) < right, truth, rng.integers(0, labels, len(truth)))
    table = np.full((len(truth), labels), 0.2 / (labels - 1))
    table[np.arange(len(truth)), said] = 0.8
    return table


@pytest.fixture
def answers(crowd):
    return crowd(items=300, workers=20, overlap=2, accuracy=0.7)


def test_a_good_model_makes_labels_better(answers):
    truth, people = truth_of(answers), aggregate(answers)
    fused = fuse(answers, people.posterior, {"m": opinions(truth, 0.8, 3)}, known=NOBODY)
    assert fused.weighing.weights["m"] >= 0.3
    assert fused.weighing.gain > 2 * fused.weighing.error
    right = np.mean(fused.posterior.argmax(axis=1) == truth)
    assert right > np.mean(people.choice == truth) + 0.05


@pytest.mark.parametrize("seed", range(5))
def test_a_model_that_knows_nothing_is_not_heard(answers, seed):
    people = aggregate(answers)
    nonsense = np.random.default_rng(seed).dirichlet(np.full(3, 0.3), 300)
    fused = fuse(answers, people.posterior, {"m": nonsense}, known=NOBODY)
    assert fused.weighing.weights == {"m": 0.0}
    np.testing.assert_allclose(fused.posterior, people.posterior, atol=1e-12)


def test_five_versions_under_five_names_weigh_no_more_than_one_may(answers):
    truth, people = truth_of(answers), aggregate(answers)
    five = {f"m{n}": opinions(truth, 0.9, 3) for n in range(5)}
    fused = fuse(answers, people.posterior, five, known=NOBODY)
    one = fuse(answers, people.posterior, {"m": five["m0"]}, known=NOBODY)
    assert sum(fused.weighing.weights.values()) <= CAP + 1e-9
    np.testing.assert_allclose(fused.posterior, one.posterior, atol=1e-9)


def test_gold_stays_and_silence_changes_nothing(answers):
    truth = truth_of(answers)
    gold = dict(zip(answers.items[:20], (answers.labels[code] for code in truth[:20]), strict=True))
    known, people = answers.codes_of(gold), aggregate(answers, gold=gold)
    table = opinions(truth, 0.9, 3)
    table[40:80] = np.nan
    fused = fuse(answers, people.posterior, {"m": table}, known=known).posterior
    assert (fused[:20] == people.posterior[:20]).all()
    np.testing.assert_allclose(fused[40:80], people.posterior[40:80], atol=1e-12)
    assert np.abs(fused[100:] - people.posterior[100:]).max() > 0.05


@given(st.integers(0, 10_000), st.floats(0.0, 1.0))
def test_it_is_always_a_posterior(seed, right):
    from aggregation.answers import Answers

    rng = np.random.default_rng(seed)
    rows = [(f"i{rng.integers(12)}", f"w{rng.integers(4)}", f"l{rng.integers(3)}") for _ in range(30)]
    answers = Answers.from_columns(*zip(*rows, strict=True))
    shape = len(answers.items), len(answers.labels)
    people = aggregate(answers, "majority").posterior
    table = opinions(rng.integers(0, shape[1], shape[0]), right, max(shape[1], 2), seed)[:, : shape[1]]
    fused = fuse(answers, people, {"m": table}, known=np.full(shape[0], UNKNOWN, dtype=np.int32))
    assert np.isfinite(fused.posterior).all()
    np.testing.assert_allclose(fused.posterior.sum(axis=1), 1.0)


def test_a_table_of_another_shape_is_named(answers):
    with pytest.raises(ValueError, match=r"m: shape \(300, 2\)"):
        fuse(answers, aggregate(answers).posterior, {"m": np.full((300, 2), 0.5)}, known=NOBODY)


def once(seed, items=600, workers=200):
    """Two hundred people, one answer an item, four of five items of one label."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(items) < 0.8).astype(int)
    said = np.where(rng.random(items) < 0.75, truth, 1 - truth)
    names = [f"i{n:04d}-{label}" for n, label in enumerate(truth)]
    who = [f"w{code:03d}" for code in rng.integers(workers, size=items)]
    return Answers.from_columns(names, who, [f"c{label}" for label in said]), truth


@pytest.mark.parametrize("seed", range(3))
def test_with_one_answer_an_item_saying_the_same_of_all_is_not_worth_hearing(seed):
    answers, truth = once(seed)
    people, known = aggregate(answers).posterior, np.full(len(truth), UNKNOWN, dtype=np.int32)
    same = np.tile([0.02, 0.98], (len(truth), 1))
    half = np.where(np.random.default_rng(9).random((len(truth), 1)) < 0.5, same, np.nan)
    for table in (same, half):
        assert fuse(answers, people, {"m": table}, known=known).weighing.weights == {"m": 0.0}


@pytest.mark.parametrize("seed", range(3))
def test_with_one_answer_an_item_a_good_model_is_heard_and_its_opposite_is_not(seed):
    answers, truth = once(seed)
    people, known = aggregate(answers).posterior, np.full(len(truth), UNKNOWN, dtype=np.int32)
    good = opinions(truth, 0.8, 2)
    heard, refused = (fuse(answers, people, {"m": one}, known=known) for one in (good, good[:, ::-1]))
    assert heard.weighing.weights["m"] > 0
    assert refused.weighing.weights == {"m": 0.0}
