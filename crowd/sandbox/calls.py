"""What was called: every request of the protocol with its invocation and attempt, and what became of it."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Called:
    """One request. All attempts of one call of boto3 share their invocation."""

    number: int
    at: str
    operation: str
    invocation: str
    attempt: str
    status: int  # 0: the connection was closed without a reply
    error: str
    fault: str
    seconds: float


class CallLog:
    """The last calls, the oldest first."""

    def __init__(self) -> None:
        self._calls: deque[Called] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._lock = Lock()

    def add(self, **facts: Any) -> None:  # noqa: ANN401 - the fields of a call
        """Note a call."""
        with self._lock:
            self._calls.append(Called(number=next(self._numbers), **facts))

    def after(self, number: int, *, limit: int) -> list[dict[str, Any]]:
        """Return the calls that came after this one."""
        with self._lock:
            found = itertools.islice((each for each in self._calls if each.number > number), limit)
            return [asdict(each) for each in found]
