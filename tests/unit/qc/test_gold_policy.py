"""The share of gold begins high and falls with what a worker has shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc.gold_policy import GoldPolicy, faults, share

SHARES = st.floats(0, 0.5)
LOW = st.none() | st.floats(0, 1)


def test_the_default_starts_at_forty_percent_and_ends_at_one():
    policy = GoldPolicy()
    assert [share(policy, n, None) for n in (0, 19, 20, 500)] == [0.4, 0.4, 0.05, 0.05]
    assert share(policy, 20, 0.79) == 0.05
    assert share(policy, 20, 0.8) == 0.01


def test_nobody_is_proven_before_the_first_answers_are_given():
    assert share(GoldPolicy(), 5, 0.99) == 0.4


@given(st.tuples(SHARES, SHARES, SHARES).map(sorted), st.integers(0, 100), st.integers(0, 200), LOW)
def test_more_answers_and_more_skill_never_bring_more_gold(shares, first, answers, low):
    proven, then, at_first = shares
    policy = GoldPolicy(share=at_first, first=first, then=then, proven=proven)
    now = share(policy, answers, low)
    assert proven <= now <= at_first
    assert share(policy, answers + 1, low) <= now
    assert share(policy, answers, 1.0) <= now


def test_the_default_costs_at_most_eight_and_a_half_percent_of_two_hundred_answers():
    policy = GoldPolicy()
    assert sum(share(policy, n, None) for n in range(200)) / 200 <= 0.085 + 1e-9


def test_what_is_stored_reads_back():
    policy = GoldPolicy(share=0.3, exposure=50)
    assert GoldPolicy.from_data(policy.to_data()) == policy
    assert GoldPolicy.from_data({"then": 0.02}) == GoldPolicy(then=0.02)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"share": 0.6}, "share"),
        ({"share": True}, "share"),
        ({"then": -0.1}, "then"),
        ({"proven": "1%"}, "proven"),
        ({"first": 2.5}, "first"),
        ({"first": -1}, "first"),
        ({"proven_at": 0}, "proven_at"),
        ({"exposure": 0}, "exposure"),
        ({"rate": 0.1}, "rate"),
        ({"share": 0.01}, "share"),  # below what comes then
        ({"share": float("nan")}, "share"),
        ([0.4], ""),
        (None, ""),
    ],
)
def test_each_fault_names_its_field(data, where):
    assert [name for name, _ in faults(data)] == [where]
    if isinstance(data, dict):
        with pytest.raises(ValueError, match=where):
            GoldPolicy.from_data(data)
