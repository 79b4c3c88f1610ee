"""A second look at labels: what it says of them, and of what they claim."""

from __future__ import annotations

import numpy as np
import pytest

from qc.claims import SPREAD, Trust, by_band, correction, second_look, trust

GOOD = np.array([[0.9, 0.1], [0.1, 0.9]])
SPAM = np.array([[0.7, 0.3], [0.7, 0.3]])


def looked(answers: list[int], matrix: np.ndarray = GOOD, claimed: int = 0) -> float:
    found = second_look(
        np.zeros(len(answers), dtype=np.int64),
        np.array(answers, dtype=np.int64),
        np.repeat(matrix[None], len(answers), axis=0),
        np.array([claimed]),
        np.full((1, 2), 0.5),
    )
    return float(found.evidence[0])


def experts(claims: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return claims, right.astype(np.float64), np.zeros(len(claims), dtype=bool)


def test_good_workers_who_agree_speak_for_a_label_and_others_against_it():
    assert looked([0, 0, 0]) == pytest.approx(3 * np.log(9))
    assert looked([1, 1]) == pytest.approx(-2 * np.log(9))
    assert looked([0, 1]) == pytest.approx(0)


def test_a_worker_whose_answers_ignore_the_truth_says_nothing():
    assert looked([0, 0, 1], SPAM) == pytest.approx(0)


def test_the_label_found_is_the_one_the_later_answers_point_to():
    matrices = np.repeat((0.8 * np.eye(3) + 0.2 / 3)[None], 2, axis=0)
    others = np.array([[0.9, 0.05, 0.05]])
    found = second_look(np.array([0, 0]), np.array([2, 2]), matrices, np.array([0]), others)
    assert found.found.tolist() == [2]


def test_the_crowd_s_own_second_look_is_weakened_and_tilted_against_the_label():
    seen = Trust().right(np.array([-4.0, 0.0, 4.0]))
    assert 0.05 < seen[0] < seen[1] < 0.5 < seen[2] < 0.85


def test_gold_on_which_the_crowd_repeats_its_errors_takes_trust_away():
    rng = np.random.default_rng(0)
    right = rng.random(400) < 0.7
    honest = np.where(right, 3.0, -3.0)
    copied = np.full(400, 3.0)
    weight = np.ones(400)
    assert trust(honest, right, weight).weaker > 0.8
    assert trust(copied, right, weight).right(np.array([3.0]))[0] == pytest.approx(0.5, abs=0.05)


def test_without_gold_trust_is_what_was_measured_elsewhere():
    nothing = np.array([])
    assert trust(nothing, nothing.astype(bool), nothing) == Trust()


def test_nothing_looked_at_leaves_claims_in_the_middle_of_a_wide_interval():
    claims = np.full(50, 0.95)
    nothing = np.array([])
    found = correction(nothing, nothing, nothing.astype(bool)).share(claims)
    assert found.low < 0.87
    assert found.high > 0.98
    assert found.value == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("true", [0.86, 0.9, 0.97])
def test_an_expert_s_word_brings_what_is_true_into_the_interval(true: float):
    rng = np.random.default_rng(1)
    inside, gaps = 0, []
    for _ in range(60):
        # What the method assumes beforehand: claims are off by about SPREAD.
        shift = np.log(true / (1 - true)) - np.log(0.93 / 0.07)
        assert abs(shift) < 2 * SPREAD
        claims = np.full(80, 0.93)
        found = correction(*experts(claims, rng.random(80) < true)).share(claims)
        inside += found.low <= true <= found.high
        gaps.append(found.value - true)
    assert inside >= 48
    assert abs(np.mean(gaps)) < 0.02


def test_the_doubt_about_the_crowd_s_tilt_widens_the_interval():
    claims, right = np.full(60, 0.95), np.array([0.75] * 50 + [0.3] * 10)
    wide = correction(claims, right, np.ones(60, dtype=bool)).share(claims)
    narrow = correction(claims, right, np.zeros(60, dtype=bool)).share(claims)
    assert wide.high - wide.low > narrow.high - narrow.low


def test_certainty_of_a_target_falls_with_the_target():
    claims = np.full(60, 0.95)
    found = correction(*experts(claims, np.ones(60)))
    certain = [found.certainty(claims, target) for target in (0.8, 0.9, 0.95, 0.999)]
    assert certain == sorted(certain, reverse=True)
    assert certain[0] > 0.99
    assert certain[-1] < 0.2


def test_claims_and_truth_are_told_apart_band_by_band():
    claims = np.array([0.75] * 40 + [0.99] * 40)
    right = np.array([1.0] * 38 + [0.0] * 2 + [1.0] * 28 + [0.0] * 12)
    low, high = by_band(*experts(claims, right))
    assert (low.low, low.high, low.checked, high.checked) == (0.7, 0.8, 40, 40)
    assert low.true.value > low.claimed
    assert high.true.high < high.claimed
