"""What a value may be beyond its shape: lengths and ranges that only the service ever checked."""

from __future__ import annotations

import re

from crowd.services.market.refusals import Refused

DAY = 86_400
SECONDS = (30, 365 * DAY)  # of a HIT's life, and of an assignment
AUTO_APPROVAL = (0, 30 * DAY)
ASSIGNMENTS = (1, 10**9)
TITLE, DESCRIPTION, KEYWORDS, ANNOTATION, FEEDBACK = 128, 2000, 1000, 255, 1024
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def invalid(message: str) -> Refused:
    """Return the refusal of a value that its operation cannot take."""
    return Refused(message, kind="ParameterValidationError")


def within(name: str, value: int, bounds: tuple[int, int]) -> int:
    """Return a number, or refuse it outside its bounds."""
    low, high = bounds
    if not low <= value <= high:
        raise invalid(f"{name} is {value}. It must be from {low} to {high}.")
    return value


def text(name: str, value: str, longest: int, *, shortest: int = 0) -> str:
    """Return a text, or refuse one that is too long, too short, or holds control characters."""
    if not shortest <= len(value) <= longest:
        raise invalid(f"{name} has {len(value)} characters. It must have {shortest} to {longest}.")
    if _CONTROL.search(value):
        raise invalid(f"{name} holds a control character.")
    return value
