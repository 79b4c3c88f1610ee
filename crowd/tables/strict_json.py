"""JSON that can be stored: nothing beyond the standard, no name twice, no text that databases cannot hold."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def parse(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Parse a text.

    Raises:
        JSONDecodeError: it is not JSON.
        ValueError: it is not such JSON; the message says what it holds.
        RecursionError: it is nested too deeply.
    """
    value = json.loads(
        text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_no_repeated_name
    )
    _refuse_unstorable(value, text)
    return value


def _refuse_unstorable(value: object, text: str) -> None:
    # Escapes are the only way for a NUL or half a surrogate pair to come out of valid UTF-8.
    if "\\u" not in text:
        return
    try:
        plain = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair (\\ud800 to \\udfff), which is no text") from None
    # A backslash is itself escaped, so only pairs of them may stand before a NUL's own escape.
    if b"\\u0000" in plain.replace(b"\\\\", b""):
        raise ValueError("holds a NUL character (\\u0000), which no database stores; remove it")


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number; leave the field out or write null")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is too large for a number")
    return value


def _no_repeated_name(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"names the field {repeated!r} twice")
    return fields
