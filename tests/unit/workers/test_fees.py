"""Fees against the published price list, to the cent."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.fees import CENT, MTURK, MTURK_MASTERS, NO_FEE, FeeSchedule, bonus_fee, fee
from workers.money import to_micros

rewards = st.integers(0, 100_000_000)
counts = st.integers(0, 200)


@pytest.mark.parametrize(
    ("reward", "assignments", "schedule", "each"),
    [
        ("0.05", 9, MTURK, "0.01"),
        ("1.00", 9, MTURK, "0.20"),
        ("1.00", 10, MTURK, "0.40"),
        ("0.01", 1, MTURK, "0.01"),
        ("0.00", 1, MTURK, "0.01"),
        ("0.07", 1, MTURK, "0.01"),
        ("0.08", 1, MTURK, "0.02"),
        ("0.50", 1, MTURK_MASTERS, "0.13"),
        ("1.00", 1, MTURK_MASTERS, "0.25"),
        ("1.00", 10, MTURK_MASTERS, "0.45"),
        ("1.00", 10, NO_FEE, "0.00"),
    ],
)
def test_fee_of_a_hit(reward, assignments, schedule, each):
    assert fee(to_micros(reward), assignments, schedule) == assignments * to_micros(each)


@pytest.mark.parametrize(("bonus", "expected"), [("1.00", "0.20"), ("0.01", "0.01"), ("0", "0")])
def test_fee_of_a_bonus(bonus, expected):
    assert bonus_fee(to_micros(bonus), MTURK) == to_micros(expected)
    assert bonus_fee(to_micros(bonus), MTURK_MASTERS) == to_micros(expected)


@given(rewards, counts)
def test_fee_equals_decimal_arithmetic(reward, assignments):
    percent = 40 if assignments >= 10 else 20
    cents = (Decimal(reward) * percent / 100 / CENT).to_integral_value(ROUND_HALF_UP)
    assert fee(reward, assignments, MTURK) == assignments * max(CENT, int(cents) * CENT)


@given(rewards, rewards, counts)
def test_a_higher_reward_never_costs_a_lower_fee(one, other, assignments):
    low, high = sorted((one, other))
    assert fee(low, assignments, MTURK) <= fee(high, assignments, MTURK)


@given(rewards, counts)
def test_without_rounding_unit_the_fee_is_exact_to_the_micro(reward, assignments):
    assert fee(reward * 100, assignments, FeeSchedule(percent=7, large_from=10)) == assignments * reward * 7


def test_negative_amounts_are_refused():
    with pytest.raises(ValueError, match="reward_micros is -1"):
        fee(-1, 1, MTURK)
    with pytest.raises(ValueError, match="assignments is -1"):
        fee(1, -1, MTURK)
    with pytest.raises(ValueError, match="bonus_micros is -1"):
        bonus_fee(-1, MTURK)
