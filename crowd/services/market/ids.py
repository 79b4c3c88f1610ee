"""Ids as the protocol has them: capital letters and digits."""

from __future__ import annotations

import secrets

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LENGTH = 30
# Every byte that gives each letter the same chance, and the few that are too many.
OF_BYTES = bytes(ord(LETTERS[byte % len(LETTERS)]) for byte in range(256))
TOO_MANY = bytes(range(256 - 256 % len(LETTERS), 256))


def entity() -> str:
    """Return a new id of a HIT, an assignment, a type, … that nobody can guess."""
    return "3" + _letters(LENGTH - 1)


def person() -> str:
    """Return a new id of a worker or a requester: it begins with A."""
    return "A" + _letters(13)


def _letters(count: int) -> str:
    found = b""
    while len(found) < count:
        found += secrets.token_bytes(2 * count).translate(OF_BYTES, TOO_MANY)
    return found[:count].decode()
