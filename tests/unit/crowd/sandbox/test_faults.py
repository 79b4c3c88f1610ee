"""Faults strike as the plan says, and in every run the same calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crowd.errors import Unprocessable
from crowd.sandbox import faults
from crowd.sandbox.faults import Bucket, Conditions, Fault, Weather


def struck(conditions: Conditions, *operations: str) -> list[str]:
    weather = Weather(conditions)
    found = [weather.strike(operation) for operation in operations]
    return [each.kind if each else "" for each in found]


def test_the_nth_call_of_an_operation_is_struck_and_no_other():
    conditions = Conditions(plan=(Fault("drop", "CreateHIT", nth=(2,)),))
    assert struck(conditions, "CreateHIT", "GetHIT", "CreateHIT", "CreateHIT") == ["", "", "drop", ""]


def test_calls_of_any_operation_are_counted_together():
    conditions = Conditions(plan=(Fault("505", "*", nth=(1, 3)),))
    assert struck(conditions, "CreateHIT", "GetHIT", "SendBonus") == ["505", "", "505"]


def test_the_first_entry_that_strikes_is_the_one_that_counts():
    plan = (Fault("drop", "GetHIT", nth=(1,)), Fault("throttle", "*", prob=1.0))
    assert struck(Conditions(plan=plan), "GetHIT", "GetHIT") == ["drop", "throttle"]


def test_a_share_is_hit_and_is_the_same_whatever_comes_between():
    conditions = Conditions(plan=(Fault("drop", "CreateHIT", prob=0.3),), seed=7)
    alone = struck(conditions, *["CreateHIT"] * 1000)
    assert 250 < alone.count("drop") < 350
    mixed = struck(conditions, *["CreateHIT", "GetHIT", "SendBonus"] * 1000)
    assert mixed[::3] == alone
    assert struck(Conditions(plan=conditions.plan, seed=8), *["CreateHIT"] * 1000) != alone


def test_a_rate_lets_through_a_second_at_once_and_then_its_own():
    time = 0.0
    bucket = Bucket(5, now=lambda: time)
    assert [bucket.take() for _ in range(7)] == [True] * 5 + [False] * 2
    time = 0.4
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    time = 100.0
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]


def test_a_call_beyond_the_rate_is_throttled_and_counts_for_no_entry():
    conditions = Conditions(plan=(Fault("drop", nth=(2,)),), calls_per_second=1)
    time = 0.0
    weather = Weather(conditions, now=lambda: time)
    assert weather.strike("GetHIT") is None
    beyond = weather.strike("GetHIT")
    assert beyond
    assert beyond.kind == "throttle"
    time = 1.0
    dropped = weather.strike("GetHIT")
    assert dropped
    assert dropped.kind == "drop"


@pytest.mark.parametrize("kind", faults.KINDS)
def test_only_what_is_answered_by_the_application_reaches_it(kind: str):
    assert Fault(kind, when="before_commit").commits == (kind in ("slow", "truncated_json"))
    assert Fault(kind, when="after_commit").commits


def test_a_file_says_what_it_asks_for(tmp_path: Path):
    asked = {
        "seed": 3,
        "calls_per_second": 5,
        "plan": [{"op": "CreateHIT", "nth": [2, 3], "when": "after_commit", "kind": "drop"}],
    }
    path = tmp_path / "faults.json"
    path.write_text(json.dumps(asked))
    conditions = faults.read(path)
    assert conditions == Conditions(
        plan=(Fault("drop", "CreateHIT", (2, 3), 0.0, "after_commit"),), seed=3, calls_per_second=5
    )
    assert faults.parse({**conditions.as_dict(), "plan": asked["plan"]}) == conditions


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "faults: must be a JSON object"),
        ({"plans": []}, "faults: has plans, and may have: .*calls_per_second"),
        ({"plan": [{"kind": "explode", "nth": 1}]}, r"plan\[0\].kind: is 'explode'.*drop, stall"),
        ({"plan": [{"kind": "drop", "nth": 1, "when": "never"}]}, r"plan\[0\].when: is 'never'"),
        ({"plan": [{"kind": "drop"}]}, r"plan\[0\]: needs either nth"),
        ({"plan": [{"kind": "drop", "nth": 0}]}, r"plan\[0\].nth: must be a call's number, counted from 1"),
        ({"plan": [{"kind": "drop", "prob": 2}]}, r"plan\[0\].prob: must be a share"),
        ({"plan": [{"kind": "drop", "nth": 1, "often": 2}]}, r"plan\[0\]: has often"),
        ({"calls_per_second": -1}, "calls_per_second: must be a number, not below 0"),
        ({"calls_per_second": True}, "calls_per_second: must be a number"),
        ({"notices_lost": 1.5}, "notices_lost: must be a share"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_its_place(given: Any, message: str):
    with pytest.raises(Unprocessable, match=message):
        faults.parse(given)


def test_a_file_that_is_no_json_or_not_there_is_named(tmp_path: Path):
    (tmp_path / "faults.json").write_text("{")
    with pytest.raises(Unprocessable, match=r"faults.json is not JSON"):
        faults.read(tmp_path / "faults.json")
    with pytest.raises(Unprocessable, match=r"none.json cannot be read"):
        faults.read(tmp_path / "none.json")
