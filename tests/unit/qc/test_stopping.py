"""When a project has bought enough, and the evidence it says so with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qc.stopping import Evidence, Rule, decide, faults, parse

FOUND = Evidence(
    settled=400,
    rest=600,
    accuracy=0.93,
    low=0.9,
    high=0.95,
    certainty=0.3,
    gain=0.2,
    item_micros=60_000,
    least_micros=40_000,
    used_micros=24_000_000,
    free_micros=1_000_000,
)


def test_a_target_is_reached_only_once_it_is_likely_enough():
    rule = Rule(accuracy=0.95)
    assert not decide(rule, FOUND).stop
    reached = decide(rule, replace(FOUND, certainty=0.85))
    assert (reached.stop, reached.cause) == (True, "accuracy")
    assert "85% sure of 95.0%" in reached.text
    assert not decide(replace(rule, sure=0.9), replace(FOUND, certainty=0.85)).stop


def test_nothing_settled_reaches_no_target():
    verdict = decide(Rule(accuracy=0.95, worth_micros=1), replace(FOUND, settled=0, certainty=1.0))
    assert not verdict.stop
    assert "no label" in verdict.text


def test_a_right_label_that_costs_more_than_it_is_worth_is_not_bought():
    assert decide(Rule(worth_micros=310_000), FOUND).cause is None
    verdict = decide(Rule(worth_micros=290_000), FOUND)
    assert verdict.cause == "worth"
    assert "costs $0.30" in verdict.text


def test_asking_that_makes_nothing_right_is_worth_nothing():
    verdict = decide(Rule(worth_micros=10**9), replace(FOUND, gain=0.0))
    assert verdict.cause == "worth"


def test_a_budget_ends_it_and_so_does_a_cap_that_covers_no_further_item():
    assert decide(Rule(budget_micros=24_000_000), FOUND).cause == "budget"
    assert decide(Rule(budget_micros=25_000_000), FOUND).cause is None
    assert decide(None, replace(FOUND, free_micros=39_999)).cause == "budget"
    assert decide(None, replace(FOUND, free_micros=39_999, rest=0)).cause is None


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, ""),
        ({"sure": 0.9}, ""),
        ({"accurcy": 0.9}, ""),
        ({"accuracy": 95}, "accuracy"),
        ({"accuracy": True}, "accuracy"),
        ({"accuracy": 0.9, "sure": 1.0}, "sure"),
        ({"worth_micros": 0}, "worth"),
        ({"worth_micros": 5, "sure": 0.9}, "sure"),
    ],
)
def test_faults_of_a_rule_name_the_key(data: object, key: str):
    assert [where for where, _ in faults(data)] == [key]


def test_a_rule_is_read_as_it_is_stored():
    assert parse(None) is None
    assert faults(None) == []
    assert parse({"accuracy": 0.95, "worth_micros": 5}) == Rule(accuracy=0.95, worth_micros=5)
