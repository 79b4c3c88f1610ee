"""The sandbox's clock goes forward, and only forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crowd.errors import Unprocessable
from crowd.sandbox.clock import VirtualClock

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(lambda: NOON)


def test_it_shows_the_time_until_it_is_moved(clock: VirtualClock):
    assert clock() == NOON
    assert clock.advance(timedelta(days=31)) == clock() == NOON + timedelta(days=31)
    assert clock.added == timedelta(days=31)


def test_it_can_be_put_forward_to_a_moment(clock: VirtualClock):
    later = NOON + timedelta(hours=5)
    assert clock.set(later) == clock() == later


def test_it_never_goes_back(clock: VirtualClock):
    for back in (lambda: clock.advance(timedelta(seconds=-1)), lambda: clock.set(NOON - timedelta(days=1))):
        with pytest.raises(Unprocessable, match="only goes forward"):
            back()
    assert clock() == NOON


def test_a_moment_needs_its_zone(clock: VirtualClock):
    with pytest.raises(Unprocessable, match="time zone"):
        clock.set(datetime(2031, 1, 1))  # noqa: DTZ001 - a moment without a zone is the point


def test_it_does_not_leave_the_calendar(clock: VirtualClock):
    with pytest.raises(Unprocessable, match="beyond the calendar"):
        clock.advance(timedelta(days=9000 * 366))
    assert clock() == NOON
