"""When a project as a whole has bought enough: its target, the price of a right label, its budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Cause = Literal["accuracy", "worth", "budget"]
KEYS = ("accuracy", "sure", "worth_micros", "budget_micros")
SURE = 0.8


@dataclass(frozen=True, slots=True)
class Rule:
    """What a requester wants before no further item is asked about; None: that does not matter."""

    accuracy: float | None = None  # of all items, were each labelled with what is known now
    sure: float = SURE  # how likely the target has to be reached
    worth_micros: int | None = None  # what one more right label is worth
    budget_micros: int | None = None  # held and spent together


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a project when it is asked whether to go on; money is in micro-dollars."""

    settled: int
    rest: int  # items that are not labelled yet
    accuracy: float  # of all items, as the rule means it
    low: float
    high: float
    certainty: float  # that the target is reached; 0 where there is no target
    gain: float  # labels made right by asking about one more item
    item_micros: int  # what an item costs on average
    least_micros: int  # and to begin with
    used_micros: int
    free_micros: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to ask about no new items, and on what evidence."""

    stop: bool
    cause: Cause | None
    text: str
    evidence: Evidence


def parse(data: Mapping[str, Any] | None) -> Rule | None:
    """Read a rule as it is stored."""
    return None if data is None else Rule(**data)


def faults(data: object) -> list[tuple[str, str]]:
    """Return what is wrong with a rule given as data: the key, and what it has to be."""
    if data is None:
        return []
    if not isinstance(data, Mapping) or not data or set(data) - set(KEYS) or set(data) == {"sure"}:
        return [("", "takes accuracy, worth or budget, and with accuracy sure")]
    found = []
    for key, value in data.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if key in ("accuracy", "sure") and not (number and 0.5 <= value < 1):
            found.append((key, "lies between 0.5 and 1 (not 1)"))
        elif key.endswith("_micros") and not (isinstance(value, int) and number and value > 0):
            found.append((key.removesuffix("_micros"), "must be an amount above 0"))
    if "sure" in data and "accuracy" not in data:
        found.append(("sure", "is about accuracy; give that too"))
    return found


def decide(rule: Rule | None, found: Evidence) -> Verdict:
    """Say whether a project is finished. Without a rule it is when its budget covers no further item."""
    rule = rule or Rule()
    reached = rule.accuracy is not None and found.settled > 0 and found.certainty >= rule.sure
    over = rule.budget_micros is not None and found.used_micros >= rule.budget_micros
    empty = found.rest > 0 and found.free_micros < found.least_micros
    too_dear = (
        rule.worth_micros is not None
        and found.settled > 0
        and found.gain * rule.worth_micros < found.item_micros
    )
    causes: tuple[tuple[Cause, bool], ...] = (
        ("accuracy", reached),
        ("worth", too_dear),
        ("budget", over or empty),
    )
    cause = next((name for name, holds in causes if holds), None)
    return Verdict(cause is not None, cause, _text(cause, rule, found), found)


def _text(cause: Cause | None, rule: Rule, found: Evidence) -> str:
    if cause is None and not found.settled:
        return "going on: no label is settled yet"
    about = f"{found.accuracy:.1%} of all labels right ({found.low:.1%} to {found.high:.1%})"
    if cause == "accuracy":
        return f"target reached: {about}; {found.certainty:.0%} sure of {rule.accuracy:.1%}"
    if cause == "worth":
        price = f"${found.item_micros / found.gain / 1e6:.2f}" if found.gain > 0 else "no finite sum"
        worth = (rule.worth_micros or 0) / 1e6
        return f"not worth its price: one more right label costs {price}, and is worth ${worth:.2f}; {about}"
    if cause == "budget":
        limit = rule.budget_micros if rule.budget_micros and found.used_micros >= rule.budget_micros else None
        of = f" of ${limit / 1e6:.2f}" if limit else f", ${found.free_micros / 1e6:.2f} left"
        return f"budget used: ${found.used_micros / 1e6:.2f}{of}; {about}"
    missing = [] if rule.accuracy is None else [f"{found.certainty:.0%} sure of {rule.accuracy:.1%}"]
    return "; ".join([f"going on: {about}", *missing])
