"""What is to go wrong with calls of the protocol, and when: a plan that is the same in every run."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Lock
from typing import Any

from crowd.errors import Unprocessable, bad_input

KINDS = ("drop", "stall", "slow", "throttle", "servicefault", "505", "html500", "truncated_json")
WHEN = ("before_commit", "after_commit")
NAMES = {"throttle": "ThrottlingException", "servicefault": "ServiceFault"}
EVERY = "*"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of a plan: which calls it strikes (the nth of an operation, or a share of them), and how.

    `drop` closes the connection without a reply, `stall` does so after `seconds`, `slow` replies after them;
    all others are replies. `before_commit` the call is never carried out, `after_commit` it is.
    """

    kind: str
    op: str = EVERY
    nth: tuple[int, ...] = ()
    prob: float = 0.0
    when: str = "before_commit"
    seconds: float = 0.0

    @property
    def commits(self) -> bool:
        """Whether the call is carried out before it goes wrong."""
        return self.when == "after_commit" or self.kind in ("slow", "truncated_json")


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything that is to go wrong. The first entry that strikes a call is the one that counts."""

    plan: tuple[Fault, ...] = ()
    seed: int = 0
    calls_per_second: float = 0.0  # of all operations together; 0: as many as come
    lag_seconds: float = 0.0  # lists do not show yet what is younger
    settling_seconds: float = 0.0  # of a new HIT, which cannot be changed before; from the next reset on
    notices_lost: float = 0.0
    notices_doubled: float = 0.0
    notices_late: float = 0.0  # seconds

    def as_dict(self) -> dict[str, Any]:
        """Return the conditions as a file has them."""
        shown = {each.name: getattr(self, each.name) for each in fields(self)}
        return shown | {"plan": [{x.name: getattr(each, x.name) for x in fields(each)} for each in self.plan]}


class Weather:
    """Conditions in force: counts the calls, and says what strikes each of them."""

    def __init__(self, conditions: Conditions, *, now: Callable[[], float] = time.monotonic) -> None:
        self.conditions = conditions
        self._lock = Lock()
        self._seen: Counter[str] = Counter()
        self._bucket = Bucket(conditions.calls_per_second, now=now)

    def strike(self, operation: str) -> Fault | None:
        """Return what happens to this call, if anything."""
        with self._lock:
            if not self._bucket.take():
                return Fault("throttle")
            self._seen[operation] += 1
            self._seen[EVERY] += 1
            return next(
                (each for each in enumerate(self.conditions.plan) if self._hits(each, operation)), (0, None)
            )[1]

    def _hits(self, numbered: tuple[int, Fault], operation: str) -> bool:
        index, fault = numbered
        if fault.op not in (EVERY, operation):
            return False
        count = self._seen[fault.op]
        if fault.nth:
            return count in fault.nth
        # Drawn for each call by its own number: which thread comes first changes nothing.
        return (
            random.Random(f"{self.conditions.seed}/{index}/{operation}/{self._seen[operation]}").random()
            < fault.prob
        )


class Bucket:
    """As many calls as the rate allows, and a second's worth of them at once."""

    def __init__(self, rate: float, *, now: Callable[[], float]) -> None:
        self.rate = rate
        self._now = now
        self._left, self._since = max(1.0, rate), now()

    def take(self) -> bool:
        """Take a call's share; False where there is none left."""
        if not self.rate:
            return True
        moment = self._now()
        self._left = min(max(1.0, self.rate), self._left + (moment - self._since) * self.rate)
        self._since = moment
        if self._left < 1:
            return False
        self._left -= 1
        return True


def read(path: Path) -> Conditions:
    """Read conditions from a JSON file."""
    try:
        return parse(json.loads(path.read_text()))
    except (OSError, UnicodeDecodeError) as error:
        raise Unprocessable(f"{path} cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise Unprocessable(f"{path} is not JSON: {error}") from error


def parse(given: object) -> Conditions:
    """Return the conditions that a JSON object asks for."""
    entries = _object(given, "faults")
    known = {each.name for each in fields(Conditions)} - {"plan"}
    plan = entries.pop("plan", [])
    if not isinstance(plan, list):
        raise bad_input("plan", "must be a list of entries")
    numbers = {name: _number(value, name) for name, value in _only(entries, known, "faults").items()}
    for name in ("notices_lost", "notices_doubled"):
        _share(numbers.get(name, 0.0), name)
    seed = int(numbers.pop("seed", 0))
    return Conditions(
        plan=tuple(_fault(each, f"plan[{index}]") for index, each in enumerate(plan)), seed=seed, **numbers
    )


def _fault(given: object, where: str) -> Fault:
    entry = _only(_object(given, where), {each.name for each in fields(Fault)}, where)
    kind, when = str(entry.get("kind", "")), str(entry.get("when", WHEN[0]))
    if kind not in KINDS:
        raise bad_input(f"{where}.kind", f"is {kind!r}: it must be one of {', '.join(KINDS)}")
    if when not in WHEN:
        raise bad_input(f"{where}.when", f"is {when!r}: it must be {' or '.join(WHEN)}")
    if ("nth" in entry) == ("prob" in entry):
        raise bad_input(where, "needs either nth, like 3 or [3, 4], or prob, like 0.1")
    prob = _share(_number(entry.get("prob", 0.0), f"{where}.prob"), f"{where}.prob")
    seconds = _number(entry.get("seconds", 0.0), f"{where}.seconds")
    return Fault(kind, str(entry.get("op", EVERY)), _counts(entry.get("nth", []), where), prob, when, seconds)


def _object(given: object, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise bad_input(where, "must be a JSON object")
    return dict(given)


def _only(given: Mapping[str, Any], known: set[str], where: str) -> Mapping[str, Any]:
    if unknown := sorted(set(given) - known):
        raise bad_input(where, f"has {', '.join(unknown)}, and may have: {', '.join(sorted(known))}")
    return given


def _counts(given: object, where: str) -> tuple[int, ...]:
    numbers = given if isinstance(given, list) else [given]
    if not all(type(each) is int and each > 0 for each in numbers):
        raise bad_input(f"{where}.nth", "must be a call's number, counted from 1, or a list of them")
    return tuple(numbers)


def _number(given: object, where: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < float("inf"):
        raise bad_input(where, "must be a number, not below 0")
    return given


def _share(number: float, where: str) -> float:
    if number > 1:
        raise bad_input(where, "must be a share from 0 to 1")
    return number
