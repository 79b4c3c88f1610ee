"""What one page of answers earns."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

SECONDS_PER_HOUR = 3600
CENT = 10_000


def earned(*, answers: int, price_micros: int, hourly_micros: int | None, active_seconds: float) -> int:
    """Return micro-dollars: the price of each answer, or active time by the hour up to that."""
    most = answers * price_micros
    if hourly_micros is None:
        return most
    return min(most, round(hourly_micros * active_seconds / SECONDS_PER_HOUR))


def median_hourly(pages: Sequence[tuple[int, float]]) -> int:
    """Return the median micro-dollars by the hour over pages, each its earnings and its active seconds.

    It is an estimate, and so rounded to the cent.
    """
    return CENT * round(median(amount * SECONDS_PER_HOUR / seconds for amount, seconds in pages) / CENT)
