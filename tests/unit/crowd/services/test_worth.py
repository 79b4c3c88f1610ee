"""Which of two channels the next answer comes from, by what it gains for its price."""

from __future__ import annotations

import pytest

from crowd.models import Project
from crowd.services import worth

CHANNELS = ("pool", "mturk")


def project(when: str | None) -> Project:
    return Project(
        channel="pool",
        second_channel="mturk" if when else None,
        second_when=when,
        price_micros=30_000,
        second_price_micros=60_000,
        overlap=2,
        hit_size=10,
        posting={"fees": "none"},
    )


@pytest.mark.parametrize(
    ("prices", "gains", "from_second"),
    [
        ((30_000, 60_000), (0.02, 0.03), False),  # gains more, and not for its price
        ((30_000, 60_000), (0.02, 0.05), True),
        ((30_000, 60_000), (0.02, 0.04), False),  # alike: the own channel
        ((30_000, 10_000), (0.02, 0.01), True),
    ],
)
def test_the_channel_is_asked_that_gains_more_for_its_price(
    prices: tuple[int, int], gains: tuple[float, float], from_second: bool
) -> None:
    found = worth.weighed(CHANNELS, prices, *gains)
    assert found.from_second is from_second
    at_own_price = gains[1] * prices[0] / prices[1] if from_second else gains[0]
    assert found.gain == pytest.approx(at_own_price)


def test_the_reason_names_both_channels_the_better_first() -> None:
    said = [
        worth.weighed(CHANNELS, (50_000, 100_000), *gains).compared for gains in ((0.02, 0.05), (0.03, 0.01))
    ]
    assert said == [
        "mturk: 0.5 right labels per $ against 0.4 from pool",
        "pool: 0.6 right labels per $ against 0.1 from mturk",
    ]


def test_one_channel_is_not_compared() -> None:
    assert worth._next(project(None), 2, 0.02) == worth.Next(0.02)


def test_overflow_asks_the_own_channel_and_a_tie_break_the_second_at_what_it_costs() -> None:
    assert worth._next(project("overflow"), 2, 0.02, 0.08) == worth.Next(0.02)
    assert worth._next(project("tie_break"), 1, 0.02, 0.08) == worth.Next(0.02)
    assert worth._next(project("tie_break"), 2, 0.02, 0.08) == worth.Next(0.04, from_second=True)
    assert worth._next(project("worth"), 2, 0.02, 0.08).from_second
