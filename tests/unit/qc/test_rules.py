"""Rules as data and as text: checked with the field named, evaluated whatever the order, fired once."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc.rule_faults import COMPARISONS, faults, hours
from qc.rule_text import parse, text
from qc.rules import AGAIN, read
from qc.vocabulary import ACTIONS, COLLECTORS, Collector, Parameter

LINE = "collect gold; when graded >= 10 and accuracy_high < 0.6; do suspend for 7d"
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False) | st.integers(-1000, 1000)
WORDS = st.text(min_size=1, max_size=30).filter(str.strip)
DURATIONS = st.builds("{}{}".format, st.integers(1, 29), st.sampled_from("hd"))


def condition(collector: Collector) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(collector.facts).flatmap(
        lambda fact: st.fixed_dictionaries(
            {
                "fact": st.just(fact.name),
                "op": st.sampled_from(["==", "!="] if fact.kind == "flag" else list(COMPARISONS)),
                "value": st.booleans() if fact.kind == "flag" else NUMBERS,
            }
        )
    )


def told(parameter: Parameter, collector: Collector) -> st.SearchStrategy[Any]:
    return {
        "duration": DURATIONS,
        "choice": st.just(parameter.choices[-1] if parameter.choices else ""),
        "count": st.integers(1, 100),
        "share": st.floats(0, 1),
        "name": st.just("careful"),
        "text": WORDS,
    }[parameter.kind]


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    collector = draw(st.sampled_from(list(COLLECTORS.values())))
    action = draw(st.sampled_from([each for each in ACTIONS.values() if collector.about in each.about]))
    done = {each.name: draw(told(each, collector)) for each in action.parameters}
    data = {
        "collect": collector.name,
        "when": draw(st.lists(condition(collector), min_size=1, max_size=4)),
        "do": {"action": action.name, **done},
    }
    if collector.has_window and draw(st.booleans()):
        data["window"] = draw(
            st.builds(lambda n: {"last": n}, st.integers(1, 99))
            | st.builds(lambda d: {"period": d}, DURATIONS)
        )
    return data | ({"again": draw(st.integers(1, 50))} if draw(st.booleans()) else {})


def facts_of(collector: str) -> st.SearchStrategy[dict[str, Any]]:
    known = COLLECTORS[collector].facts
    values = {"flag": st.none() | st.booleans(), "number": st.none() | NUMBERS | st.just(math.nan)}
    return st.fixed_dictionaries({fact.name: values[fact.kind] for fact in known})


@given(rules())
def test_what_is_written_is_read_again(data: dict[str, Any]) -> None:
    assert faults(data) == []
    assert read(parse(text(read(data)))) == read(data)


@given(rules(), st.data())
def test_the_order_of_conditions_and_facts_does_not_matter(
    data: dict[str, Any], draws: st.DataObject
) -> None:
    facts = draws.draw(facts_of(data["collect"]))
    turned = data | {"when": draws.draw(st.permutations(data["when"]))}
    mixed = dict(draws.draw(st.permutations(list(facts.items()))))
    assert read(turned).holds(mixed) == read(data).holds(facts)


@given(rules(), st.integers(0, 1000), st.integers(0, 1000))
def test_what_fired_does_not_fire_on_the_same_evidence_or_on_less(
    data: dict[str, Any], before: int, evidence: int
) -> None:
    rule = read(data)
    assert rule.is_news(evidence, None)
    assert rule.is_news(evidence, before) == (evidence - before >= rule.again)
    assert not rule.is_news(min(evidence, before), before)


def test_a_line_reads_as_data() -> None:
    assert parse(LINE) == {
        "collect": "gold",
        "when": [
            {"fact": "graded", "op": ">=", "value": 10},
            {"fact": "accuracy_high", "op": "<", "value": 0.6},
        ],
        "do": {"action": "suspend", "for": "7d"},
    }
    assert text(read(parse(LINE))) == LINE
    assert read(parse(LINE)).again == AGAIN["worker"]


@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        ({"graded": 10, "accuracy_high": 0.59}, True),
        ({"graded": 9, "accuracy_high": 0.59}, False),
        ({"graded": 10, "accuracy_high": 0.6}, False),
        ({"graded": 10, "accuracy_high": None}, False),
        ({"graded": 10, "accuracy_high": math.nan}, False),
        ({"graded": 10}, False),
    ],
)
def test_all_conditions_must_be_met_and_what_is_unknown_meets_none(
    facts: dict[str, float | None], holds: bool
) -> None:
    assert read(parse(LINE)).holds(facts) is holds


@pytest.mark.parametrize(
    ("line", "where", "allowed"),
    [
        ("collect silver; when x > 1; do ban", "collect", "gold, spam"),
        ("collect gold; when speed > 1; do ban", "when[0].fact", "graded"),
        ("collect gold; when graded ~ 1; do ban", "when[0].op", ">="),
        ("collect gold; when graded > many; do ban", "when[0].value", "number"),
        ("collect speed; when flagged > true; do ban", "when[0].op", "=="),
        ("collect speed; when flagged == 1; do ban", "when[0].value", "true or false"),
        ("collect gold; do ban", "when", "one condition or more"),
        ("collect gold; when graded > 1", "do.action", "suspend"),
        ("collect gold; when graded > 1; do raise_overlap to 5", "do.action", "suspend"),
        ("collect items; when answers > 1; do ban", "do.action", "raise_overlap"),
        ("collect items; when answers > 1; do raise_overlap to 500", "do.to", "1 to 100"),
        ("collect items; when answers > 1; do raise_overlap", "do.to", "is needed"),
        ("collect items; when answers > 1; do notify to worker text Hm", "do.to", "requester"),
        ("collect gold; when graded > 1; do notify to worker", "do.text", "is needed"),
        ("collect gold; when graded > 1; do notify to boss", "do.to", "worker, requester"),
        ("collect gold; when graded > 1; do ban for ever", "do.for", "7d"),
        ("collect gold; when graded > 1; do hold_payment for 60d", "do.for", "30d"),
        ("collect gold; when graded > 1; do ban color red", "do.color", "for, scope"),
        ("collect gold; when graded > 1; do set_skill name german value 2", "do.value", "0 to 1"),
        ("collect gold; when graded > 1; do set_skill name german value speed", "do.value", "fact"),
        ("collect speed over last 20; when flagged == true; do ban", "window", "gold, skips"),
        ("collect gold over lunch; when graded > 1; do ban", "window", "period"),
        ("collect gold; when graded > 1; do ban; again after 0", "again", "at least 1"),
    ],
)
def test_a_fault_names_the_field_and_what_is_allowed(line: str, where: str, allowed: str) -> None:
    [fault] = faults(parse(line))
    assert fault.where == where
    assert allowed in fault.message
    with pytest.raises(ValueError, match=re.escape(where)):
        read(parse(line))


def test_all_faults_are_named_at_once() -> None:
    data = {"collect": "gold", "when": [{"fact": "x"}], "do": {"action": "fire"}, "then": 1, "again": True}
    assert [fault.where for fault in faults(data)] == ["then", "when[0]", "do.action", "again"]
    assert [fault.where for fault in faults("suspend all")] == [""]


@pytest.mark.parametrize(
    "line", ["", "suspend them", "collect gold; collect gold", "collect gold; when graded > 1 2", 'do "it']
)
def test_a_line_that_is_no_rule_is_refused_with_the_form(line: str) -> None:
    with pytest.raises(ValueError, match=r"write|not closed|collect"):
        read(parse(line))


def test_durations_are_hours_days_and_weeks() -> None:
    assert [hours(each) for each in ("12h", "7d", "4w")] == [12, 168, 672]
    with pytest.raises(ValueError, match="12h"):
        hours("soon")
