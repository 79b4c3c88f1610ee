"""Money as integer micro-dollars: exact to read, exact to add, exact to show."""

import re
from decimal import Decimal
from typing import Final

MICROS: Final = 1_000_000
_LIMIT: Final = 2**63 - 1  # what a BIGINT column holds
_AMOUNT: Final = re.compile(r"[0-9]+(\.[0-9]+)?")


def to_micros(amount: str | Decimal) -> int:
    """Read an amount of dollars such as "0.05" exactly.

    Raises:
        TypeError: For any other type; a float has already lost the exact amount.
        ValueError: When it is not a plain non-negative number, too large, or finer than a micro-dollar.
    """
    if not isinstance(amount, str | Decimal):
        raise TypeError(
            f'an amount of money must be text or Decimal, not {type(amount).__name__}: write "0.05"'
        )
    if isinstance(amount, str) and not _AMOUNT.fullmatch(amount):
        raise ValueError(
            f'{amount!r} is not an amount of dollars: write digits with an optional point, like "0.05"'
        )
    return _exact(Decimal(amount))


def dollars(micros: int) -> str:
    """Write an amount plainly, as files and the wire want it: "0.05", "1234.50", "0.000001"."""
    return f"{'-' if micros < 0 else ''}{_digits(micros, '')}"


def display(micros: int) -> str:
    """Write an amount for people: "$1,234.50"."""
    return f"{'-' if micros < 0 else ''}${_digits(micros, ',')}"


def _exact(value: Decimal) -> int:
    if not value.is_finite() or value < 0:
        raise ValueError(f"{value} is not an amount of dollars: it must be finite and not negative")
    if not value:
        return 0
    if value.adjusted() > 12:
        raise ValueError(f"${value} is too large: the most that can be kept is {display(_LIMIT)}")
    if value.adjusted() < -6:
        raise ValueError(f"${value} is finer than a micro-dollar: use at most 6 decimals")
    # Decimal arithmetic rounds to the context's precision; a ratio of integers does not.
    numerator, denominator = value.as_integer_ratio()
    micros, rest = divmod(numerator * MICROS, denominator)
    if rest:
        raise ValueError(f"${value} is finer than a micro-dollar: use at most 6 decimals")
    if micros > _LIMIT:
        raise ValueError(f"${value} is too large: the most that can be kept is {display(_LIMIT)}")
    return micros


def _digits(micros: int, grouping: str) -> str:
    whole, part = divmod(abs(micros), MICROS)
    return f"{whole:{grouping}}.{f'{part:06}'.rstrip('0').ljust(2, '0')}"
