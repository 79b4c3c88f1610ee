"""What a second channel needs, said setting by setting."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.services.setup import two_channels

SOUND: dict[str, Any] = {
    "channel": "pool",
    "second_channel": "mturk",
    "second_when": "overflow",
    "second_price_micros": 80_000,
    "patience_seconds": 7200,
    "price_micros": 30_000,
    "confidence": 0.9,
    "label_value_micros": None,
    "task_type": "choice",
}


def test_what_is_sound_has_no_faults() -> None:
    assert list(two_channels.faults(SOUND)) == []
    none = dict.fromkeys(two_channels.SETTINGS)
    assert list(two_channels.faults({**SOUND, **none})) == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"second_channel": "pool"}, "second_channel"),
        ({"second_channel": "replay"}, "second_channel"),
        ({"channel": "simulated"}, "second_channel"),
        ({"second_price_micros": None}, "second_price_micros"),
        ({"second_price_micros": -1}, "second_price_micros"),
        ({"second_when": "never", "patience_seconds": None}, "second_when"),
        ({"patience_seconds": 0}, "patience_seconds"),
        ({"patience_seconds": 10**9}, "patience_seconds"),
        ({"second_when": "tie_break"}, "patience_seconds"),
        ({"second_when": "tie_break", "patience_seconds": None, "confidence": None}, "second_when"),
        ({"second_when": "worth", "patience_seconds": None, "second_price_micros": 0}, "second_when"),
        ({"second_when": "worth", "patience_seconds": None, "price_micros": 0}, "second_when"),
        ({"second_when": "worth", "patience_seconds": None, "task_type": "boxes"}, "second_when"),
        ({"second_channel": None, "second_when": None, "patience_seconds": None}, "second_price_micros"),
    ],
)
def test_each_fault_is_named_with_its_setting(change: dict[str, Any], where: str) -> None:
    assert [problem.where for problem in two_channels.faults({**SOUND, **change})] == [where]


def test_what_is_left_open_is_overflow_after_an_hour() -> None:
    given = {**SOUND, "second_when": None, "patience_seconds": None}
    assert two_channels.completed(given) == {"second_when": "overflow", "patience_seconds": 3600}
    assert two_channels.completed({**SOUND, "second_channel": None}) == {}


@pytest.mark.parametrize(("channel", "left"), [("pool", {"endpoint": None, "posting": {}}), ("mturk", {})])
def test_who_goes_without_a_second_channel_goes_without_what_it_needs(
    channel: str, left: dict[str, Any]
) -> None:
    changed = two_channels.without({"second_channel": None, "overlap": 2}, channel)
    assert changed == {**dict.fromkeys(two_channels.SETTINGS), **left, "overlap": 2}


def test_patience_goes_with_overflow() -> None:
    assert two_channels.without({"second_when": "worth"}, "pool")["patience_seconds"] is None
    assert two_channels.without({"overlap": 2}, "pool") == {"overlap": 2}
