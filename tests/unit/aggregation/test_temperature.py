"""Temperatures: what they keep, and that gold finds the right one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.temperature import fit_temperature, temper


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
    assert fit_temperature(overconfident, known) == pytest.approx(true_temperature, rel=0.12)


def test_without_gold_the_prior_decides():
    posterior = np.array([[0.9, 0.1]])
    assert fit_temperature(posterior, np.array([-1])) == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_must_be_positive(temperature):
    with pytest.raises(ValueError, match="temperature"):
        temper(np.array([[0.5, 0.5]]), temperature)
