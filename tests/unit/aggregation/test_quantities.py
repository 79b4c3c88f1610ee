"""Numbers: merged as the crowd means them, with errors that say how sure that is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.quantities import Quantities, mean, median, precision_weighted
from aggregation.readings import Readings

METHODS = (precision_weighted, mean, median)


def crowd(
    rng: np.random.Generator, *, items: int = 200, bias: float = 0.0
) -> tuple[Readings[float], np.ndarray]:
    """Ten workers, of whom the last three are five times as noisy, and the first is off by `bias`."""
    truth = rng.normal(50.0, 20.0, items)
    spread = np.array([2.0] * 7 + [10.0] * 3)
    rows = [
        (f"i{i:04d}", f"w{w}", float(truth[i] + (bias if w == 0 else 0.0) + rng.normal(0.0, spread[w])))
        for i in range(items)
        for w in rng.choice(10, 4, replace=False)
    ]
    items_, workers, values = zip(*rows, strict=True)
    return Readings.from_columns(items_, workers, values), truth


def off(found: Quantities, truth: np.ndarray) -> float:
    return float(np.abs(np.array(found.values, dtype=float) - truth).mean())


@pytest.mark.parametrize("method", METHODS)
def test_what_everybody_says_is_the_value(method):
    readings = Readings.from_columns(["a", "a", "b", "b"], ["u", "v", "u", "v"], [1.0, 1.0, 5.0, 5.0])
    assert method(readings).values == pytest.approx((1.0, 5.0), abs=1e-6)


def test_precise_workers_count_more(rng):
    readings, truth = crowd(rng)
    weighted, plain = precision_weighted(readings), mean(readings)
    assert off(weighted, truth) < 0.8 * off(plain, truth)
    assert weighted.skill[:7].min() > weighted.skill[7:].max()
    assert np.all(weighted.spread[:7] < weighted.spread[7:].min())


def test_a_bias_is_found_and_taken_out(rng):
    readings, truth = crowd(rng, bias=15.0)
    found = precision_weighted(readings)
    assert found.bias[0] == pytest.approx(15.0, abs=3.0)
    assert off(found, truth) < off(mean(readings), truth)


def test_the_chance_to_be_within_the_tolerance_is_about_kept(rng):
    readings, truth = crowd(rng, items=1000)
    found = precision_weighted(readings, tolerance=2.0)
    kept = np.abs(np.array(found.values, dtype=float) - truth) <= 2.0
    assert found.confidence.mean() == pytest.approx(kept.mean(), abs=0.15)


@pytest.mark.parametrize("method", METHODS)
def test_an_item_without_answer_has_no_value(method):
    found = method(Readings.from_columns(["a"], ["u"], [3.0], item_ids=["a", "b"]))
    assert found.values == (pytest.approx(3.0), None)
    assert np.isnan(found.confidence[1])
    assert found.votes.tolist() == [1, 0]


@pytest.mark.parametrize("method", METHODS)
def test_no_answers_at_all_are_no_error(method):
    found = method(Readings.from_columns([], [], [], item_ids=["a"]))
    assert found.values == (None,)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_no_number_is_refused_by_name(method):
    with pytest.raises(ValueError, match=r"'b'.*not a finite number"):
        method(Readings.from_columns(["a", "b"], ["u", "u"], [1.0, float("nan")]))


@given(
    rows=st.dictionaries(
        st.tuples(st.integers(0, 5), st.integers(0, 3)), st.floats(-100, 100), min_size=1, max_size=20
    ),
    shift=st.floats(-50, 50),
)
def test_shifting_all_answers_shifts_the_values(rows, shift):
    items, workers = [f"i{i}" for i, _ in rows], [f"w{w}" for _, w in rows]
    before = mean(Readings.from_columns(items, workers, list(rows.values())))
    after = mean(Readings.from_columns(items, workers, [value + shift for value in rows.values()]))
    assert np.allclose(np.array(after.values) - np.array(before.values), shift, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_errors_are_as_large_as_they_say_though_answers_are_few(method, rng):
    truth = rng.normal(50.0, 5.0, 400)
    rows = [
        (f"i{i:03d}", f"w{rng.integers(40):02d}", truth[i] + rng.normal(0.0, 10.0))
        for i in (*range(400),) * 2
    ]
    found = method(Readings.from_columns(*zip(*rows, strict=True)))
    off = (np.array(found.values, dtype=float) - truth) / found.error
    assert np.mean(off**2) < 1.3


def test_where_model_and_mean_disagree_the_value_is_less_sure():
    near = Readings.from_columns(list("aabbcc"), list("uvuvuv"), [1.0, 3.0, 19.0, 21.0, 39.0, 41.0])
    far = Readings.from_columns(list("aabbcc"), list("uvuvuv"), [1.0, 3.0, 19.0, 21.0, 39.0, 91.0])
    assert precision_weighted(far).error[2] > precision_weighted(near).error[2]


@pytest.mark.parametrize("method", METHODS)
def test_one_answer_an_item_makes_nobody_sure(method):
    found = method(Readings.from_columns(list("abcd"), list("uvwx"), [1.0, 20.0, 3.0, 40.0]))
    assert found.confidence.max() < 0.6
