"""The pace learns what an endpoint bears: nearly all of its rate is used, and few calls are wasted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest

from crowd.channels.mturk.pacing import Pace, backoff


class Bucket:
    """An endpoint that lets so many calls per second through, and saves up so many at most."""

    def __init__(self, rate: float, most: float, time: Callable[[], float]) -> None:
        self._rate, self._most, self._time = rate, most, time
        self._saved, self._since = most, 0.0

    def lets_through(self) -> bool:
        now = self._time()
        self._saved = min(self._most, self._saved + (now - self._since) * self._rate)
        self._since = now
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


def used(rate: float, most: float, seconds: float, *, reply: float = 0.002) -> tuple[float, float]:
    """Return the share of an endpoint's rate that one caller uses, and the share of its calls that pass."""
    now = [0.0]

    def sleep(some: float) -> None:
        now[0] += some

    pace, bucket = Pace(lambda: now[0], sleep), Bucket(rate, most, lambda: now[0])
    passed = calls = 0
    while now[0] < seconds:
        turn = pace.wait()
        calls += 1
        is_through = bucket.lets_through()
        now[0] += reply
        if is_through:
            passed += 1
            pace.passed()
        else:
            pace.throttled(turn)
    return passed / (rate * seconds), passed / calls


@pytest.mark.contract(30)
@pytest.mark.parametrize("most", [1, 2, 5, 20])
def test_of_five_calls_per_second_at_least_95_percent_are_used(most: float) -> None:
    share, good = used(5, most, 120)
    assert share >= 0.95
    assert good >= 0.6


def test_an_endpoint_that_never_throttles_is_never_waited_for() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0], lambda _: pytest.fail("it slept"))
    for _ in range(1000):
        pace.wait()
        pace.passed()


def test_calls_that_went_out_together_slow_the_pace_down_once() -> None:
    now = [10.0]
    pace = Pace(lambda: now[0], lambda some: now.__setitem__(0, now[0] + some))
    turns = [pace.wait() for _ in range(20)]
    for _ in range(10):
        pace.passed()
    now[0] += 1
    for turn in turns[10:]:
        pace.throttled(turn)
    assert pace.rate == pytest.approx(8 * 1.1)


def test_each_wait_is_longer_within_its_bounds() -> None:
    rng = Random(1)
    waits = [backoff(attempt, rng) for attempt in range(1, 30)]
    for attempt, wait in enumerate(waits, start=1):
        longest = min(300.0, 0.5 * 2 ** (attempt - 1))
        assert longest / 2 <= wait <= longest
    assert sum(later > earlier for earlier, later in pairwise(waits[:8])) >= 6
