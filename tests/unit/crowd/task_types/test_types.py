"""What each task type takes, refuses and makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowd.task_types import TASK_TYPES, Ask
from crowd.task_types.text import distance

LABELS = ("PER", "ORG", "LOC")
RANKED = {"choices": [{"key": "a", "text": "A"}, {"key": "b", "text": "B"}, "c"]}


def box(x: float, y: float, width: float, height: float, label: str = "PER") -> dict[str, Any]:
    return {"x": x, "y": y, "width": width, "height": height, "label": label}


def span(start: int, end: int, label: str = "PER") -> dict[str, Any]:
    return {"start": start, "end": end, "label": label}


READ: list[tuple[str, object, Ask, str]] = [
    ("choice", "PER", Ask(LABELS), "PER"),
    ("rating", 2, Ask(("1", "2")), "2"),
    ("rating", "2.0", Ask(("1", "2")), "2"),
    ("number", "1.50", Ask(), "1.5"),
    ("number", -0.0, Ask(), "0"),
    ("number", "1e3", Ask(), "1000"),
    ("number", 0.3, Ask(options={"min": 0, "step": 0.1}), "0.3"),
    ("number", 7, Ask(options={"min": 1, "max": 7, "step": 2}), "7"),
    ("multilabel", ["LOC", "PER", "LOC"], Ask(LABELS), '["PER","LOC"]'),
    ("multilabel", [], Ask(LABELS, {"min": 0}), "[]"),
    ("text", "  e\u0301te\u0301 \n", Ask(), "été"),
    ("text", "a\r\nb\rc", Ask(options={"multiline": True}), "a\nb\nc"),
    ("ranking", ["c", "a", "b"], Ask(payload=RANKED), '["c","a","b"]'),
    ("ranking", ["c", ["b", "a"]], Ask(options={"ties": True}, payload=RANKED), '["c",["a","b"]]'),
    ("spans", [span(4, 6), span(0, 3), span(4, 6)], Ask(LABELS, payload={"text": "Ada 👋🏽"}),
     '[{"end":3,"label":"PER","start":0},{"end":6,"label":"PER","start":4}]'),
    ("spans", [], Ask(LABELS, payload={"text": "x"}), "[]"),
    ("boxes", [box(10, 2, 30.04, 5), box(1.26, 2, 3, 4, "ORG")], Ask(LABELS),
     '[{"height":4,"label":"ORG","width":3,"x":1.3,"y":2},{"height":5,"label":"PER","width":30,"x":10,"y":2}]'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "ask", "stored"), READ)
def test_an_answer_is_stored_in_one_form(name: str, value: object, ask: Ask, stored: str):
    assert TASK_TYPES[name].read(value, ask) == stored


REFUSED: list[tuple[str, object, Ask, str]] = [
    ("choice", "per", Ask(LABELS), "not in the label set"),
    ("choice", ["PER"], Ask(LABELS), "not in the label set"),
    ("rating", 1.5, Ask(("1", "2")), "no step"),
    ("number", "1,5", Ask(), "not a number"),
    ("number", True, Ask(), "not a number"),
    ("number", float("nan"), Ask(), "not a number"),
    ("number", "Infinity", Ask(), "not a number"),
    ("number", "9" * 41, Ask(), "not a number"),
    ("number", "1e999999999", Ask(), "not a number"),
    ("number", "1_000", Ask(), "not a number"),
    ("number", 0, Ask(options={"min": 1}), "below 1"),
    ("number", 11, Ask(options={"max": 10}), "above 10"),
    ("number", 2, Ask(options={"min": 1, "step": 2}), "step of 2"),
    ("multilabel", ["PER", "DOG"], Ask(LABELS), "'DOG' is not in the label set"),
    ("multilabel", [], Ask(LABELS), "must be 1 to 3"),
    ("multilabel", ["PER", "LOC"], Ask(LABELS, {"max": 1}), "must be 1 to 1"),
    ("multilabel", "PER", Ask(LABELS), "not JSON"),
    ("multilabel", "[" * 100_000, Ask(LABELS), "not JSON"),
    ("multilabel", ["PER"] * 1001, Ask(LABELS), "at most 1000"),
    ("text", " \n ", Ask(), "empty"),
    ("text", "a\nb", Ask(), "one line"),
    ("text", "abcd", Ask(options={"max_length": 3}), "longer than 3"),
    ("text", "a\x00b", Ask(), "control characters"),
    ("text", "a\ud800b", Ask(), "control characters"),
    ("text", 7, Ask(), "must be a text"),
    ("ranking", ["a", "b"], Ask(payload=RANKED), "ranked once: a, b, c"),
    ("ranking", ["a", "b", "c", "c"], Ask(payload=RANKED), "ranked once"),
    ("ranking", ["a", ["b", "c"]], Ask(payload=RANKED), "ties"),
    ("ranking", ["a", [["b"], "c"]], Ask(options={"ties": True}, payload=RANKED), "lists keys"),
    ("ranking", ["a"], Ask(payload={}), "no list"),
    ("spans", [span(0, 0)], Ask(LABELS, payload={"text": "Ada"}), "does not lie"),
    ("spans", [span(0, 4)], Ask(LABELS, payload={"text": "Ada"}), "text of 3"),
    ("spans", [span(True, 2)], Ask(LABELS, payload={"text": "Ada"}), "does not lie"),
    ("spans", [span(0, 2, "DOG")], Ask(LABELS, payload={"text": "Ada"}), "label set"),
    ("spans", [{"start": 0}], Ask(LABELS, payload={"text": "Ada"}), "end, label, start"),
    ("spans", [span(0, 2), span(1, 3)], Ask(LABELS, {"overlap": False}, {"text": "Ada"}), "overlap"),
    ("spans", [], Ask(LABELS, {"min": 1}, {"text": "Ada"}), "at least 1"),
    ("spans", [], Ask(LABELS, payload={"image": "x"}), "no `text`"),
    ("boxes", [box(0, 0, 5, 0.5)], Ask(LABELS), "smaller than 1"),
    ("boxes", [box(0, 0, 5, 5)], Ask(LABELS, {"min_size": 6}), "smaller than 6"),
    ("boxes", [box(-1, 0, 5, 5)], Ask(LABELS), "pixels"),
    ("boxes", [box(0, 0, float("inf"), 5)], Ask(LABELS), "pixels"),
    ("boxes", [box(0, 0, 5, 5, "DOG")], Ask(LABELS), "label set"),
    ("boxes", [], Ask(LABELS, {"min": 1}), "at least 1"),
]


@pytest.mark.parametrize(("name", "value", "ask", "says"), REFUSED)
def test_what_is_no_answer_is_refused_with_the_reason(name: str, value: object, ask: Ask, says: str):
    with pytest.raises(ValueError, match=says):
        TASK_TYPES[name].read(value, ask)


SCORED: list[tuple[str, str, str, float]] = [
    ("choice", "a", "b", 0),
    ("rating", "1", "2", 0),
    ("number", "9", "10", 0.9),
    ("number", "-1", "1", 0),
    ("number", "0", "0", 1),
    ("multilabel", '["a","b"]', '["b","c"]', 1 / 3),
    ("multilabel", "[]", "[]", 1),
    ("multilabel", "[]", '["a"]', 0),
    ("text", "kitten", "sitting", 1 - 3 / 7),
    ("ranking", '["a","b","c"]', '["c","b","a"]', 0),
    ("ranking", '["a","b","c"]', '["a","c","b"]', 2 / 3),
    ("ranking", '["a","b","c"]', '["a",["b","c"]]', 5 / 6),
    ("spans", "[]", '[{"end":1,"label":"a","start":0}]', 0),
    (
        "spans",
        '[{"end":1,"label":"a","start":0}]',
        '[{"end":1,"label":"a","start":0},{"end":2,"label":"a","start":0}]',
        2 / 3,
    ),
    ("spans", '[{"end":1,"label":"a","start":0}]', '[{"end":1,"label":"b","start":0}]', 0),
    ("boxes", "[]", "[]", 1),
]


@pytest.mark.parametrize(("name", "one", "other", "score"), SCORED)
def test_scores_known_by_hand(name: str, one: str, other: str, score: float):
    assert TASK_TYPES[name].score(one, other) == pytest.approx(score)


def boxes(*found: dict[str, Any]) -> str:
    return TASK_TYPES["boxes"].read(list(found), Ask(LABELS))


def test_half_a_box_overlaps_by_a_third_of_the_union():
    score = TASK_TYPES["boxes"].score(boxes(box(0, 0, 10, 10)), boxes(box(5, 0, 10, 10)))
    assert score == pytest.approx(1 / 3)


def test_boxes_are_paired_so_that_they_fit_best_not_in_their_order():
    one = boxes(box(0, 0, 10, 10), box(4, 0, 10, 10))
    other = boxes(box(4, 0, 10, 10), box(8, 0, 10, 10))
    # In order: (6/14 + 6/14) / 2; crossed: (1 + 2/18) / 2.
    assert TASK_TYPES["boxes"].score(one, other) == pytest.approx((1 + 2 / 18) / 2)


def test_a_box_with_another_label_or_without_a_partner_counts_nothing():
    one = boxes(box(0, 0, 10, 10))
    assert TASK_TYPES["boxes"].score(one, boxes(box(0, 0, 10, 10, "ORG"))) == 0
    assert TASK_TYPES["boxes"].score(one, boxes(box(0, 0, 10, 10), box(50, 0, 9, 9))) == pytest.approx(0.5)


def test_within_the_tolerance_a_number_is_right():
    number, ask = TASK_TYPES["number"], Ask(options={"tolerance": 0.5})
    assert number.score("9.5", "10", ask) == 1
    assert number.score("9.4", "10", ask) == pytest.approx(0.94)


def by_hand(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        row, above = [i], row
        for j, right in enumerate(other, 1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (left != right)))
    return row[-1]


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_the_edit_distance_is_that_of_the_table(one: str, other: str):
    assert distance(one, other) == by_hand(one, other)


def test_long_texts_are_compared_too():
    assert distance("abcde" * 2_000, "abxde" * 2_000) == 2_000
