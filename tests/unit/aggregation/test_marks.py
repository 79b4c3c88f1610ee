"""Boxes and spans: marks of one thing are found together, and what few saw is doubted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.boxes import Box, merge_boxes, overlaps
from aggregation.readings import Readings
from aggregation.spans import Span, merge_spans


def boxes(*rows: tuple[str, str, list[Box]]) -> Readings[tuple[Box, ...]]:
    items, workers, values = zip(*rows, strict=True)
    return Readings.from_columns(items, workers, [tuple(value) for value in values])


def spans(*rows: tuple[str, list[Span]]) -> Readings[tuple[Span, ...]]:
    workers, values = zip(*rows, strict=True)
    return Readings.from_columns(["t"] * len(rows), workers, [tuple(value) for value in values])


def test_boxes_of_one_object_become_one_at_the_median():
    drawn = [Box(0, 0, 10, 10), Box(1, 0, 11, 10), Box(2, 0, 12, 10)]
    found = merge_boxes(boxes(*[("i", f"w{n}", [box]) for n, box in enumerate(drawn)]))
    assert found.values == ((Box(1, 0, 11, 10),),)
    assert found.found[0][0].marked == 3


def test_two_boxes_of_one_worker_are_two_objects():
    pair = [Box(0, 0, 10, 10), Box(2, 0, 12, 10)]
    found = merge_boxes(boxes(("i", "u", pair), ("i", "v", pair)))
    assert found.values == (tuple(pair),)


def test_what_one_of_five_sees_is_not_there():
    seen = Box(0, 0, 10, 10)
    rows = [("i", f"w{n}", [seen]) for n in range(5)]
    rows[0] = ("i", "w0", [seen, Box(50, 50, 60, 60)])
    found = merge_boxes(boxes(*rows))
    assert found.values == ((seen,),)
    assert [one.marked for one in found.found[0]] == [5, 1]


def test_an_image_where_all_see_nothing_has_no_box_but_an_answer():
    found = merge_boxes(boxes(("i", "u", []), ("i", "v", [])))
    assert found.values == ((),)
    assert found.votes.tolist() == [2]


def test_labels_part_boxes_at_the_same_place():
    found = merge_boxes(
        boxes(*[("i", f"w{n}", [Box(0, 0, 9, 9, label)]) for n, label in enumerate(["cat"] * 3 + ["dog"])])
    )
    assert found.values == ((Box(0, 0, 9, 9, "cat"),),)


def test_a_box_without_area_is_refused():
    with pytest.raises(ValueError, match="left < right"):
        Box(5, 0, 5, 10)


@given(
    st.lists(
        st.tuples(st.floats(0, 50), st.floats(0, 50), st.floats(0.5, 50), st.floats(0.5, 50)),
        min_size=1,
        max_size=6,
    )
)
def test_overlap_is_a_likeness(sides):
    likeness = overlaps([Box(x, y, x + w, y + h) for x, y, w, h in sides])
    assert np.allclose(np.diag(likeness), 1.0)
    assert np.allclose(likeness, likeness.T)
    assert likeness.min() >= 0.0
    assert likeness.max() <= 1.0 + 1e-9


def test_spans_take_the_ends_most_workers_gave():
    found = merge_spans(
        spans(("u", [Span(4, 9, "PER")]), ("v", [Span(4, 9, "PER")]), ("w", [Span(0, 9, "PER")]))
    )
    assert found.values == ((Span(4, 9, "PER"),),)


def test_spans_of_two_labels_may_overlap():
    both = [Span(0, 9, "PER"), Span(0, 20, "ORG")]
    found = merge_spans(spans(("u", both), ("v", both)))
    assert set(found.values[0] or ()) == set(both)


def test_an_empty_span_is_refused():
    with pytest.raises(ValueError, match="start < end"):
        Span(3, 3)


def test_workers_who_see_what_others_see_are_better():
    truth = [Box(n * 20, 0, n * 20 + 10, 10) for n in range(6)]
    rows = [("i", f"w{n}", truth) for n in range(4)] + [("i", "x", [Box(500, 500, 510, 510)])]
    found = merge_boxes(boxes(*rows))
    assert found.skill[:4].min() > found.skill[4]
