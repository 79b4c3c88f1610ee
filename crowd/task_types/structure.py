"""Answers that are more than a word: read from JSON, stored as compact JSON with sorted keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

LONGEST = 1_000_000  # characters
MOST = 1_000  # things one answer may list


def listed(value: object) -> list[Any]:
    """Return a list, given as such or as its JSON text.

    Raises:
        ValueError: it is none, or too long.
    """
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, list):
        raise ValueError("the answer must be a list")  # noqa: TRY004 - as promised
    if len(value) > MOST:
        raise ValueError(f"the answer lists {len(value)} things; at most {MOST} are taken")
    return value


def fields(value: object, names: Iterable[str], what: str) -> Mapping[str, Any]:
    """Return an object that has exactly these fields.

    Raises:
        ValueError: it has not.
    """
    expected = sorted(names)
    if not isinstance(value, dict) or sorted(value) != expected:
        raise ValueError(f"{what} must be an object with {', '.join(expected)}")
    return value


def compact(value: object) -> str:
    """Return a value as it is stored."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _parsed(text: str) -> object:
    if len(text) > LONGEST:
        raise ValueError(f"the answer is longer than {LONGEST} characters")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("the answer is not JSON") from error
