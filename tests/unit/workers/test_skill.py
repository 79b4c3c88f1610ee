"""Skill moves with the evidence and admits what little of it there is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.skill import skill

chances = st.floats(0, 0.9)


@pytest.fixture(scope="module", autouse=True)
def _scipy_loaded():
    """Pay for the first import of scipy outside the examples' deadline."""
    skill(1, 2, chance=0.5)


@given(st.floats(0, 500), st.floats(0, 1), chances)
def test_the_interval_holds_the_value_and_stays_in_bounds(graded, share, chance):
    found = skill(min(graded * share, graded), graded, chance=chance)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.evidence == graded


@given(st.integers(0, 50), st.integers(1, 50), chances)
def test_one_more_right_answer_raises_skill_and_a_wrong_one_lowers_it(correct, wrong, chance):
    before = skill(correct, correct + wrong, chance=chance).value
    assert skill(correct + 1, correct + wrong + 1, chance=chance).value > before
    assert skill(correct, correct + wrong + 1, chance=chance).value < before


def test_more_evidence_narrows_the_interval():
    widths = [(s := skill(0.8 * n, n, chance=0.5)).high - s.low for n in (5, 20, 80, 320)]
    assert widths == sorted(widths, reverse=True)


def test_an_unknown_worker_stands_halfway_between_chance_and_one():
    assert skill(0, 0, chance=0.25).value == pytest.approx(0.625)
    assert skill(0, 0, chance=0.25, prior_mean=0.9).value == pytest.approx(0.9)


def test_the_interval_of_a_uniform_prior_is_known():
    found = skill(0, 0, chance=0, prior_mean=0.5, prior_weight=2)
    assert (found.low, found.high) == pytest.approx((0.05, 0.95))


def test_informedness_is_zero_for_a_guesser_and_one_for_the_infallible():
    assert skill(25e6, 1e8, chance=0.25).informedness == pytest.approx(0, abs=1e-6)
    assert skill(1e8, 1e8, chance=0.25).informedness == pytest.approx(1, abs=1e-6)


def test_the_interval_covers_nine_in_ten_workers_drawn_from_the_prior():
    rng = np.random.default_rng(0)
    truth = rng.beta(3, 1, size=2000)
    right = rng.binomial(15, truth)
    found = [skill(int(r), 15, chance=0.5) for r in right]
    covered = np.mean([s.low <= t <= s.high for s, t in zip(found, truth, strict=True)])
    assert covered == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"correct": 2, "graded": 1, "chance": 0.5}, "correct is 2 of 1"),
        ({"correct": -1, "graded": 1, "chance": 0.5}, "correct is -1"),
        ({"correct": 1, "graded": 1, "chance": 1}, "chance is 1"),
        ({"correct": 1, "graded": 1, "chance": 0.5, "prior_mean": 1}, "the prior needs"),
        ({"correct": 1, "graded": 1, "chance": 0.5, "prior_weight": 0}, "the prior needs"),
    ],
)
def test_nonsense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        skill(**arguments)
