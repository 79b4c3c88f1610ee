"""Ids as the protocol has them: capital letters and digits."""

from __future__ import annotations

import secrets

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LENGTH = 30


def entity() -> str:
    """Return a new id of a HIT, an assignment, a type, … that nobody can guess."""
    return "3" + _letters(LENGTH - 1)


def person() -> str:
    """Return a new id of a worker or a requester: it begins with A."""
    return "A" + _letters(13)


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))
