"""What keeps data from being a rule: every fault at once, with its field and what is allowed there."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qc.vocabulary import ACTIONS, COLLECTORS, Action, Collector, Parameter

COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
FIELDS: Final = ("collect", "window", "when", "do", "again")
HOURS: Final[Mapping[str, int]] = {"h": 1, "d": 24, "w": 168}
DURATION: Final = re.compile(r"([1-9]\d{0,3})([hdw])")
NAME: Final = re.compile(r"[^\W_][\w.-]{0,62}")
LONGEST_HOLD: Final = 30 * 24
MOST_ANSWERS: Final = 100
MOST_EVIDENCE: Final = 1_000_000
LONGEST_TEXT: Final = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps data from being a rule: the field, and what is allowed there."""

    where: str
    message: str


def faults(data: object) -> list[Fault]:
    """Return everything that keeps data from being a rule."""
    if not isinstance(data, Mapping):
        return [Fault("", f"a rule is an object with {', '.join(FIELDS)}")]
    found = [Fault(str(name), f"choose from {', '.join(FIELDS)}") for name in data if name not in FIELDS]
    name = data.get("collect")
    collector = COLLECTORS.get(name) if isinstance(name, str) else None
    if collector is None:
        return [*found, Fault("collect", f"choose from {', '.join(COLLECTORS)}")]
    found += _window_faults(data.get("window"), collector)
    found += _when_faults(data.get("when"), collector)
    found += _do_faults(data.get("do"), collector)
    again = data.get("again")
    if again is not None and not _is_count(again, MOST_EVIDENCE):
        found.append(Fault("again", f"must be a number of {collector.evidence}, at least 1"))
    return found


def hours(duration: str) -> int:
    """Return the hours of a duration like 12h, 7d or 4w."""
    found = DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(f"{duration!r} is no duration like 12h, 7d or 4w")
    return int(found[1]) * HOURS[found[2]]


def _window_faults(data: object, collector: Collector) -> Iterator[Fault]:
    if data is None:
        return
    if not collector.has_window:
        having = ", ".join(name for name, each in COLLECTORS.items() if each.has_window)
        yield Fault("window", f"{collector.name} has none; these have: {having}")
        return
    match data:
        case {"last": last, **rest} if not rest and _is_count(last, MOST_EVIDENCE):
            return
        case {"period": str(period), **rest} if not rest and DURATION.fullmatch(period):
            return
    yield Fault("window", 'must be {"last": a number of pieces} or {"period": a duration like 12h, 7d or 4w}')


def _when_faults(data: object, collector: Collector) -> Iterator[Fault]:
    if not isinstance(data, Sequence) or isinstance(data, str) or not data:
        yield Fault("when", "must list one condition or more, each with fact, op and value")
        return
    for place, each in enumerate(data):
        yield from _condition_faults(f"when[{place}]", each, collector)


def _condition_faults(where: str, data: object, collector: Collector) -> Iterator[Fault]:
    if not isinstance(data, Mapping) or set(data) != {"fact", "op", "value"}:
        yield Fault(where, "must be an object with fact, op and value")
        return
    known = {fact.name: fact for fact in collector.facts}
    name, op, value = data["fact"], data["op"], data["value"]
    fact = known.get(name) if isinstance(name, str) else None
    if fact is None:
        yield Fault(f"{where}.fact", f"of {collector.name} choose from {', '.join(known)}")
        return
    is_flag = fact.kind == "flag"
    allowed = ("==", "!=") if is_flag else tuple(COMPARISONS)
    if op not in allowed:
        yield Fault(f"{where}.op", f"for {fact.name} choose from {', '.join(allowed)}")
    if is_flag and not isinstance(value, bool):
        yield Fault(f"{where}.value", f"{fact.name} is true or false")
    if not is_flag and not _is_number(value):
        yield Fault(f"{where}.value", f"{fact.name} is compared with a number")


def _do_faults(data: object, collector: Collector) -> Iterator[Fault]:
    fitting = [name for name, each in ACTIONS.items() if collector.about in each.about]
    if not isinstance(data, Mapping) or data.get("action") not in fitting:
        yield Fault("do.action", f"for {collector.name} choose from {', '.join(fitting)}")
        return
    action = ACTIONS[data["action"]]
    taken = {each.name: each for each in action.parameters}
    for name in data:
        if name != "action" and name not in taken:
            yield Fault(f"do.{name}", f"{action.name} takes {', '.join(taken) or 'nothing'}")
    for name, each in taken.items():
        if name in data and not _fits(each, data[name], action, collector):
            yield Fault(f"do.{name}", _allowed(each))
        elif name not in data and each.required:
            yield Fault(f"do.{name}", f"is needed: {each.says}")
    if action.name == "notify" and data.get("to") == "worker":
        if collector.about == "item":
            yield Fault("do.to", "an item has no worker of its own: choose requester")
        elif "text" not in data:
            yield Fault("do.text", "is needed: what the worker is told")


def _fits(parameter: Parameter, value: object, action: Action, collector: Collector) -> bool:
    match parameter.kind:
        case "duration":
            is_one = isinstance(value, str) and DURATION.fullmatch(value) is not None
            return is_one and (action.name != "hold_payment" or hours(str(value)) <= LONGEST_HOLD)
        case "choice":
            return value in parameter.choices
        case "count":
            return _is_count(value, MOST_ANSWERS)
        case "share":
            numbers = [fact.name for fact in collector.facts if fact.kind == "number"]
            return (
                value in numbers if isinstance(value, str) else _is_number(value) and 0 <= value <= 1  # type: ignore[operator]
            )
        case "name":
            return isinstance(value, str) and NAME.fullmatch(value) is not None
    return isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_TEXT


def _allowed(parameter: Parameter) -> str:
    forms = {
        "duration": "a duration like 12h, 7d or 4w",
        "choice": f"one of {', '.join(parameter.choices)}",
        "count": f"a whole number from 1 to {MOST_ANSWERS}",
        "share": "a number from 0 to 1, or the name of a fact",
        "name": "letters, digits, dots, dashes and underscores, at most 63",
        "text": f"1 to {LONGEST_TEXT} characters",
    }
    return f"must be {forms[parameter.kind]}: {parameter.says}"


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
