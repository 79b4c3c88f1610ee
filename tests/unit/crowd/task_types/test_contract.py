"""What holds for every task type: what is stored can be read again, and scores are what scores should be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowd.task_types import TASK_TYPES, Ask

LABELS = ("Cat", "Dog", "Crow")
TEXT = "Grüße 👋🏽 aus Köln, sagt Ada."
PIXELS = st.floats(0, 500, allow_nan=False) | st.integers(0, 500)
SIZES = st.floats(1.1, 300, allow_nan=False) | st.integers(2, 300)


def spans() -> st.SearchStrategy[Any]:
    ends = st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, len(TEXT))).filter(
        lambda at: at[0] < at[1]
    )
    span = st.builds(
        lambda at, label: {"start": at[0], "end": at[1], "label": label}, ends, st.sampled_from(LABELS)
    )
    return st.lists(span, max_size=6)


def rankings() -> st.SearchStrategy[Any]:
    ranks = st.lists(st.integers(0, 3), min_size=4, max_size=4)

    def tiers(ranks: list[int]) -> list[Any]:
        groups = [[key for key, rank in zip("abcd", ranks, strict=True) if rank == at] for at in range(4)]
        return [group[0] if len(group) == 1 else group for group in groups if group]

    return ranks.map(tiers)


BOX = st.fixed_dictionaries(
    {"x": PIXELS, "y": PIXELS, "width": SIZES, "height": SIZES, "label": st.sampled_from(LABELS)}
)
RANKED = Ask(options={"ties": True}, payload={"choices": [{"key": key, "text": key} for key in "abcd"]})
CASES: dict[str, tuple[Ask, st.SearchStrategy[Any]]] = {
    "choice": (Ask(LABELS), st.sampled_from(LABELS)),
    "pairwise": (Ask(LABELS), st.sampled_from(LABELS)),
    "rating": (Ask(("1", "2", "2.5")), st.sampled_from([1, "2", 2.0, " 2.5", "2.50"])),
    "number": (
        Ask(),
        st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-9),
    ),
    "multilabel": (Ask(LABELS, {"min": 0}), st.lists(st.sampled_from(LABELS), max_size=5)),
    "text": (
        Ask(options={"multiline": True}),
        st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40).filter(
            lambda text: text.strip()
        ),
    ),
    "ranking": (RANKED, rankings()),
    "spans": (Ask(LABELS, payload={"text": TEXT}), spans()),
    "boxes": (Ask(LABELS), st.lists(BOX, max_size=5)),
}
STRUCTURED = {"multilabel", "ranking", "spans", "boxes"}


def test_every_type_is_looked_at():
    assert CASES.keys() == TASK_TYPES.keys()


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_what_is_stored_can_be_read_again(name: str, data: st.DataObject):
    ask, values = CASES[name]
    stored = TASK_TYPES[name].read(data.draw(values), ask)
    assert TASK_TYPES[name].read(stored, ask) == stored
    if name in STRUCTURED:
        assert TASK_TYPES[name].read(json.loads(stored), ask) == stored


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_a_score_is_symmetric_lies_between_0_and_1_and_is_1_for_the_same(name: str, data: st.DataObject):
    ask, values = CASES[name]
    kind = TASK_TYPES[name]
    one, other = (kind.read(data.draw(values), ask) for _ in range(2))
    assert kind.score(one, one) == 1
    assert 0 <= kind.score(one, other) <= 1
    assert kind.score(one, other) == pytest.approx(kind.score(other, one))
    assert one == other or kind.score(one, other) < 1


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", CASES)
@given(value=ANYTHING)
def test_anything_else_is_refused_with_words(name: str, value: object):
    ask, _ = CASES[name]
    try:
        stored = TASK_TYPES[name].read(value, ask)
    except ValueError as error:
        stored, reason = None, str(error)
    assert reason if stored is None else TASK_TYPES[name].read(stored, ask) == stored


@pytest.mark.parametrize("name", CASES)
def test_an_option_nobody_knows_is_a_fault(name: str):
    faults = TASK_TYPES[name].faults({"colour": "red"}, LABELS)
    assert any(fault.where == "colour" for fault in faults)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    ("score", "is_right"), [(0.5, True), (1, True), (0, False), (1.1, False), ("1", False)]
)
def test_how_good_is_good_enough_can_be_set_for_every_type(name: str, score: object, is_right: bool):
    faults = TASK_TYPES[name].faults({"gold_score": score}, LABELS)
    assert all(fault.where != "gold_score" for fault in faults) == is_right


OPTIONS: list[tuple[str, Mapping[str, Any], tuple[str, ...]]] = [
    ("choice", {}, LABELS),
    ("multilabel", {"min": 0, "max": 2}, LABELS),
    ("number", {"min": 0, "max": 10, "step": 0.5, "unit": "kg", "tolerance": 0.1}, ()),
    ("rating", {"low": "bad", "high": "good"}, ("1", "2", "3")),
    ("text", {"max_length": 200, "multiline": True, "direction": "rtl"}, ()),
    ("pairwise", {}, ("left", "right")),
    ("pairwise", {"tie": True}, LABELS),
    ("ranking", {"ties": True}, ()),
    ("spans", {"overlap": False, "min": 1}, LABELS),
    ("boxes", {"min_size": 4.5, "min": 1}, LABELS),
]


@pytest.mark.parametrize(("name", "options", "labels"), OPTIONS)
def test_options_as_described_have_no_fault(name: str, options: Mapping[str, Any], labels: tuple[str, ...]):
    assert TASK_TYPES[name].faults(options, labels) == []


FAULTS: list[tuple[str, Mapping[str, Any], tuple[str, ...], str]] = [
    ("choice", {}, ("Cat",), "labels"),
    ("multilabel", {"min": 3, "max": 2}, LABELS, "min"),
    ("multilabel", {"min": 4}, LABELS, "min"),
    ("multilabel", {"max": 0}, LABELS, "max"),
    ("number", {"min": 3, "max": 2}, (), "min"),
    ("number", {"step": 0}, (), "step"),
    ("number", {"min": True}, (), "min"),
    ("number", {"tolerance": -1}, (), "tolerance"),
    ("number", {"unit": ""}, (), "unit"),
    ("number", {}, LABELS, "labels"),
    ("rating", {}, ("1", "one"), "labels"),
    ("rating", {}, ("2", "1"), "labels"),
    ("rating", {}, ("1", "2.0"), "labels"),
    ("rating", {}, ("1",), "labels"),
    ("rating", {"low": 7}, ("1", "2"), "low"),
    ("text", {"max_length": 0}, (), "max_length"),
    ("text", {"max_length": True}, (), "max_length"),
    ("text", {"multiline": "yes"}, (), "multiline"),
    ("text", {"direction": "down"}, (), "direction"),
    ("pairwise", {}, LABELS, "labels"),
    ("pairwise", {"tie": True}, ("left", "right"), "labels"),
    ("ranking", {"ties": 1}, (), "ties"),
    ("spans", {}, (), "labels"),
    ("spans", {"overlap": None}, LABELS, "overlap"),
    ("boxes", {"min_size": 0}, LABELS, "min_size"),
    ("boxes", {"min": -1}, LABELS, "min"),
]


@pytest.mark.parametrize(("name", "options", "labels", "where"), FAULTS)
def test_a_fault_says_where_it_is(name: str, options: Mapping[str, Any], labels: tuple[str, ...], where: str):
    faults = TASK_TYPES[name].faults(options, labels)
    assert [fault.where for fault in faults] == [where]
    assert faults[0].message
