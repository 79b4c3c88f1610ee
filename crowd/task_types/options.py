"""The options of task types: which there are, and what their values may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from crowd.task_types.base import Fault

Check = Callable[[object], str | None]  # what is wrong with a value, if anything
# A number's text, its digits, its powers of ten: written out in full it is no longer than a text may be.
LONGEST_NUMBER, DIGITS, POWERS = 40, 20, 15


def check(options: Mapping[str, Any], known: Mapping[str, Check], what: str) -> list[Fault]:
    """Return what is wrong with each option taken by itself; `what` names the type in words."""
    every = {**known, "gold_score": number(above=0, most=1)}
    found = [
        Fault(name, f"{what} has no such option; there are {', '.join(sorted(every))}")
        for name in options
        if name not in every
    ]
    wrong = ((name, every[name](value)) for name, value in options.items() if name in every)
    return found + [Fault(name, message) for name, message in wrong if message]


def labels(names: object, least: int, what: str) -> list[Fault]:
    """Return a fault unless there are enough labels; a type that takes none has `least` 0."""
    count = len(names) if isinstance(names, (list, tuple)) else 0
    if least == 0:
        return [Fault("labels", f"{what} takes no labels")] if count else []
    plural = "label" if least == 1 else "labels"
    return [] if count >= least else [Fault("labels", f"{what} needs at least {least} {plural}")]


def decimal(value: object) -> Decimal | None:
    """Return a finite number of modest length as a decimal; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    text = str(value).strip()
    try:
        found = Decimal(text) if len(text) <= LONGEST_NUMBER and "_" not in text else None
    except InvalidOperation:
        return None
    if found is None or not found.is_finite():
        return None
    is_modest = abs(found.adjusted()) <= POWERS and len(found.as_tuple().digits) <= DIGITS
    return found if is_modest or found == 0 else None


def written(value: Decimal) -> str:
    """Return a decimal in its shortest form without an exponent."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def number(*, above: float | None = None, least: float | None = None, most: float | None = None) -> Check:
    """Return a check for numbers within bounds."""

    def wrong(value: object) -> str | None:
        found = None if isinstance(value, str) else decimal(value)
        if found is None:
            return f"{value!r} is not a number"
        if above is not None and found <= above:
            return f"must be above {above}"
        if least is not None and found < least:
            return f"must be at least {least}"
        return f"must be at most {most}" if most is not None and found > most else None

    return wrong


def whole(least: int, most: int) -> Check:
    """Return a check for whole numbers within bounds."""

    def wrong(value: object) -> str | None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if is_whole and least <= value <= most:  # type: ignore[operator]
            return None
        return f"must be a whole number from {least} to {most}"

    return wrong


def flag(value: object) -> str | None:
    """Refuse what is neither true nor false."""
    return None if isinstance(value, bool) else "must be true or false"


def words(value: object) -> str | None:
    """Refuse what is no short text."""
    is_short = isinstance(value, str) and 0 < len(value) <= 100
    return None if is_short else "must be a text of at most 100 characters"


def one_of(*names: str) -> Check:
    """Return a check for one of several words."""
    return lambda value: None if value in names else f"must be one of {', '.join(names)}"


def ordered(options: Mapping[str, Any], low: str, high: str) -> list[Fault]:
    """Return a fault where the lower of two bounds lies above the higher."""
    lower, higher = decimal(options.get(low)), decimal(options.get(high))
    if lower is not None and higher is not None and lower > higher:
        return [Fault(low, f"lies above {high}")]
    return []
