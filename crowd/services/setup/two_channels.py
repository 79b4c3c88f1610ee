"""What the settings of a second channel have to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crowd.channels.mturk.posting import CHANNEL
from crowd.errors import Problem
from crowd.models.project import SECOND_WHEN
from crowd.task_types import TASK_TYPES

PARTNERS = ("pool", CHANNEL)  # people who are there whatever program runs
SETTINGS = ("second_channel", "second_when", "second_price_micros", "patience_seconds")
PATIENCE = 3600
LONGEST_PATIENCE = 30 * 86_400


def completed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is left open of a second channel's settings as it is by default."""
    if values["second_channel"] is None:
        return {}
    when = values["second_when"] or "overflow"
    waits = when == "overflow" and values["patience_seconds"] is None
    return {"second_when": when, "patience_seconds": PATIENCE if waits else values["patience_seconds"]}


def without(changes: Mapping[str, Any], channel: str) -> dict[str, Any]:
    """Return the changes with all that goes when a project of this channel gives up what they give up."""
    gone: dict[str, Any] = {}
    if changes.get("second_channel", "") is None:
        gone = dict.fromkeys(SETTINGS)
        gone |= {} if channel == CHANNEL else {"endpoint": None, "posting": {}}
    elif changes.get("second_when", "overflow") != "overflow":
        gone = {"patience_seconds": None}
    return {**gone, **changes}


def faults(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Find what is wrong with them."""
    second, price = values["second_channel"], values["second_price_micros"]
    if second is None:
        for name in SETTINGS:
            if values[name] is not None:
                yield Problem(name, "is only for a project with a second channel")
        return
    if second not in PARTNERS or values["channel"] not in PARTNERS:
        yield Problem(
            "second_channel", f"joins {' and '.join(PARTNERS)}: the project's own is one of them too"
        )
    elif second == values["channel"]:
        yield Problem(
            "second_channel", f"is the project's own channel: give the other of {' and '.join(PARTNERS)}"
        )
    if price is None or price < 0:
        yield Problem(
            "second_price_micros", "is needed, 0 or more: what one answer of the second channel pays"
        )
    if values["second_when"] not in SECOND_WHEN:
        yield Problem("second_when", f"choose from {', '.join(SECOND_WHEN)}")
    yield from _when_faults(values)


def _when_faults(values: Mapping[str, Any]) -> Iterator[Problem]:
    when, patience = values["second_when"], values["patience_seconds"]
    if when != "overflow" and patience is not None:
        yield Problem("patience_seconds", "is only for overflow")
    if patience is not None and not 1 <= patience <= LONGEST_PATIENCE:
        yield Problem("patience_seconds", f"lies between 1 and {LONGEST_PATIENCE} seconds")
    if when == "tie_break" and values["confidence"] is None and values["label_value_micros"] is None:
        yield Problem("second_when", "tie_break comes after the first answers: set confidence or label_value")
    if when != "worth":
        return
    if not values["price_micros"] or not values["second_price_micros"]:
        yield Problem(
            "second_when", "worth weighs answers against their price: both channels need one above 0"
        )
    kind = TASK_TYPES.get(values["task_type"])
    if kind is not None and not kind.is_categorical:
        yield Problem("second_when", "worth needs answers that are labels: choose overflow or tie_break")
