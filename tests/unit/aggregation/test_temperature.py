"""Temperatures: what they keep, and that gold finds the right one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.answers import UNKNOWN, Answers
from aggregation.panel import panel
from aggregation.temperature import Calibration, fit_calibration, rebalance, temper


@given(st.floats(0.2, 5.0), st.integers(0, 1000))
def test_the_order_of_labels_stays(temperature, seed):
    posterior = np.random.default_rng(seed).dirichlet(np.ones(4), size=20)
    tempered = temper(posterior, temperature)
    np.testing.assert_allclose(tempered.sum(axis=1), 1.0)
    np.testing.assert_array_equal(tempered.argmax(axis=1), posterior.argmax(axis=1))


def test_temperatures_undo_each_other(rng):
    posterior = rng.dirichlet(np.ones(3), size=10)
    np.testing.assert_allclose(temper(temper(posterior, 2.0), 0.5), posterior, atol=1e-9)


def test_certainty_stays_certain():
    np.testing.assert_allclose(temper(np.array([[1.0, 0.0]]), 2.0), [[1.0, 0.0]], atol=1e-5)


@pytest.mark.parametrize("true_temperature", [0.8, 2.0, 4.0])
def test_gold_finds_the_temperature_of_overconfident_posteriors(rng, true_temperature):
    honest = rng.dirichlet(np.full(3, 0.7), size=4000)
    known = np.array([rng.choice(3, p=row) for row in honest])
    overconfident = temper(honest, 1 / true_temperature)
    found = fit_calibration(overconfident, known)
    assert np.mean(found.temperatures) == pytest.approx(true_temperature, rel=0.12)
    assert np.mean(found.doubts) <= 0.02


def test_without_gold_the_prior_decides():
    posterior = np.array([[0.9, 0.1]])
    found = fit_calibration(posterior, np.array([-1]))
    assert np.mean(np.log(found.temperatures)) == pytest.approx(0.6, abs=0.01)
    assert np.std(np.log(found.temperatures)) == pytest.approx(0.6, abs=0.1)
    assert np.mean(found.doubts) == pytest.approx(0.05, abs=0.01)


def test_gold_finds_the_share_of_items_on_which_a_crowd_errs_together(rng):
    honest = rng.dirichlet(np.full(3, 0.3), size=4000)
    known = np.array([rng.choice(3, p=row) for row in honest])
    lost = rng.random(4000) < 0.2
    known[lost] = rng.integers(3, size=lost.sum())
    found = fit_calibration(honest, known)
    assert np.mean(found.doubts) == pytest.approx(0.2, abs=0.06)
    assert np.mean(found.temperatures) == pytest.approx(1.0, rel=0.15)


def test_more_gold_leaves_less_possible(rng):
    honest = rng.dirichlet(np.full(2, 0.5), size=2000)
    known = np.array([rng.choice(2, p=row) for row in honest])
    few = fit_calibration(temper(honest, 0.5), np.where(np.arange(2000) < 30, known, UNKNOWN))
    many = fit_calibration(temper(honest, 0.5), known)
    assert np.ptp(few.temperatures) > 3 * np.ptp(many.temperatures)
    assert list(few.temperatures) == sorted(few.temperatures)


def test_little_gold_promises_no_certainty():
    sure = np.tile([1.0, 0.0], (30, 1))
    assert fit_calibration(sure, np.zeros(30, dtype=np.int32)).apply(sure).max() < 0.995


def test_gold_nobody_answered_leaves_the_temperature_that_holds_without_gold(crowd):
    answers = crowd()
    unseen = replace(answers, items=(*answers.items, "nobody"))
    taught = panel(unseen, gold={"nobody": answers.labels[0]})
    np.testing.assert_array_equal(taught.posterior[:-1], panel(unseen).posterior[:-1])


@given(st.lists(st.tuples(st.floats(0.3, 5.0), st.floats(0.0, 0.5)), min_size=1), st.integers(0, 1000))
def test_a_calibration_keeps_the_order_and_the_sum(possible, seed):
    posterior = np.random.default_rng(seed).dirichlet(np.ones(4), size=20)
    shown = Calibration(*zip(*possible, strict=True)).apply(posterior)
    np.testing.assert_allclose(shown.sum(axis=1), 1.0)
    np.testing.assert_array_equal(shown.argmax(axis=1), posterior.argmax(axis=1))


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_must_be_positive(temperature):
    with pytest.raises(ValueError, match="temperature"):
        temper(np.array([[0.5, 0.5]]), temperature)


def test_gold_balanced_over_the_labels_counts_by_the_shares_of_the_crowd_it_stands_for():
    known = np.repeat(np.array([0, 1, UNKNOWN], dtype=np.int32), 500)
    weights = rebalance(known, np.array([0.9, 0.1]))
    assert weights.tolist() == pytest.approx([1.8, 0.2], abs=0.02)
    assert weights[known[:1000]].mean() == pytest.approx(1.0)


def test_little_gold_is_hardly_weighed():
    known = np.array([0, 0, 1], dtype=np.int32)
    assert rebalance(known, np.array([0.2, 0.8])).tolist() == pytest.approx([0.85, 1.31], abs=0.01)


def test_a_label_without_gold_or_no_gold_at_all_leaves_usable_weights():
    known = np.array([0, 0], dtype=np.int32)
    assert rebalance(known, np.array([0.5, 0.5]))[0] == pytest.approx(1.0)
    assert rebalance(np.array([], dtype=np.int32), np.array([0.0, 1.0])).tolist() == [1.0, 1.0]


def test_gold_nobody_answered_does_not_make_the_panel_unsure():
    items = [f"i{n}" for n in range(60) for _ in range(3)]
    workers = [f"w{n}" for _ in range(60) for n in range(3)]
    labels = [str(n % 10 == 0) for n in range(60) for _ in range(3)]
    unseen = [f"g{n}" for n in range(20)]  # come first: names are sorted
    answers = Answers.from_columns(items, workers, labels, item_ids=[*sorted(set(items)), *unseen])
    gold = {"i0": "True", "i1": "False"}
    alone = panel(answers, gold=gold).confidence[20:]
    beside = panel(answers, gold=gold | dict.fromkeys(unseen, "True")).confidence[20:]
    np.testing.assert_allclose(beside, alone, atol=0.05)
