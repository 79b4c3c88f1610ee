"""How fast to call: as fast as the endpoint lets us, learned from what it throttles."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Lock

# Near what the endpoint bears the pace feels its way, a little above and a little below: the price is a
# throttled call now and then. Far from it, or after a calm, it moves fast.
FAR, ABOVE, CUT = 1.5, 1.1, 0.97
GROWTH, FAST_GROWTH = 1.006, 1.2  # with every call that passes
CALM = 10.0  # seconds without a throttled call
RECENT = 8  # calls by which the endpoint's own rate is measured
SLOWEST = 0.5  # calls per second
# Of an interval: a strict endpoint has forgotten by the next turn that it had a call to spare.
RETRY = 0.05


@dataclass(slots=True)
class Pace:
    """The turns of all threads that call one endpoint; without limit until a call is first throttled.

    `time` and `sleep` are those of the module `time`, or a test's.
    """

    time: Callable[[], float]
    sleep: Callable[[float], None]
    rate: float = math.inf  # calls per second
    _next: float = -math.inf
    _cut_at: float = -math.inf
    _growth: float = GROWTH
    _passed: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    _gate: Lock = field(default_factory=Lock)
    _lock: Lock = field(default_factory=Lock)

    def wait(self) -> float:
        """Wait for a turn; return the time it came."""
        with self._gate:  # one waits for the turn, the others for the one
            while (rest := self.take()) > 0:
                self.sleep(rest)
            return self.time()

    def take(self) -> float:
        """Take the turn if it has come, and return 0; otherwise return how long it will be."""
        with self._lock:
            now = self.time()
            if now < self._next:
                return self._next - now
            # A turn that came a moment late does not put off all that follow.
            self._next = max(self._next, now - 0.5 / self.rate) + 1 / self.rate
            return 0.0

    def passed(self) -> None:
        """Take note that a call was let through."""
        with self._lock:
            now = self.time()
            self._passed.append(now)
            self.rate *= FAST_GROWTH if now - self._cut_at > CALM else self._growth

    def throttled(self, turn: float) -> None:
        """Slow down, once for all the calls that went out before the last time we did."""
        with self._lock:
            if turn < self._cut_at:
                return
            now = self.time()
            measured = len(self._passed) / max(1e-3, now - self._passed[0]) if self._passed else 0.0
            is_far = self.rate > FAR * measured
            self.rate = max(SLOWEST, measured * ABOVE if is_far else self.rate * CUT)
            self._growth = FAST_GROWTH if is_far else GROWTH
            self._cut_at = now
            self._next = now + RETRY / self.rate


def backoff(attempt: int, rng: Random, *, first: float = 0.5, most: float = 300.0) -> float:
    """Return the seconds to wait after so many failed attempts: doubled with each, and jittered."""
    longest: float = min(most, first * 2 ** min(attempt - 1, 30))
    return longest * rng.uniform(0.5, 1.0)
