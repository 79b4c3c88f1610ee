"""A clock that can be put forward, so that a month need not be waited for."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from crowd.clock import Clock, utc_now
from crowd.errors import bad_input


class VirtualClock:
    """The time, and what was added to it. It never goes back: what has happened stays in the past."""

    def __init__(self, real: Clock = utc_now) -> None:
        self._real = real
        self._added = timedelta()
        self._lock = Lock()

    def __call__(self) -> datetime:
        """Return the time as it is in here."""
        return self._real() + self._added

    @property
    def added(self) -> timedelta:
        """How far the clock is ahead of the real one."""
        return self._added

    def advance(self, by: timedelta) -> datetime:
        """Put the clock forward; return the new time."""
        if by < timedelta():
            raise bad_input("advance", "the clock only goes forward; reset the sandbox to start over")
        with self._lock:
            try:
                # The sum is tried first: a clock beyond the year 9999 would fail at every later look.
                now, self._added = self() + by, self._added + by
            except OverflowError:
                raise bad_input("advance", "is beyond the calendar") from None
        return now

    def set(self, to: datetime) -> datetime:
        """Put the clock forward to a moment; return it."""
        if to.tzinfo is None:
            raise bad_input("set", "needs a time zone, like 2030-01-31T12:00:00Z")
        return self.advance(to - self())
