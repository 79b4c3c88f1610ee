"""Item files: CSV and JSONL, keys and payloads."""

from __future__ import annotations

import json

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from crowd.errors import Unprocessable
from crowd.tables.items import ItemRow, read_items
from crowd.tables.source import Source


def problems(source: Source) -> list[str]:
    with pytest.raises(Unprocessable) as error:
        read_items(source)
    return [str(problem) for problem in error.value.problems]


def test_csv_values_stay_strings(given):
    assert read_items(given('text,item,n\n"a, b",007,1\n')) == [
        ItemRow("007", {"text": "a, b", "n": "1"}, "a.csv line 2")
    ]


def test_jsonl_values_keep_their_types(given):
    rows = read_items(given('{"task": 7, "pixels": [0, 0.5], "meta": {"a": null}}\n'))
    assert rows == [ItemRow("7", {"pixels": [0, 0.5], "meta": {"a": None}}, "a.csv line 1")]


def test_a_name_can_tell_that_a_file_is_jsonl():
    with pytest.raises(Unprocessable, match=r"x\.jsonl line 1: is not JSON"):
        read_items(Source("x.jsonl", b"item,text\n1,a\n"))


def test_an_exact_repetition_counts_once(given):
    assert [row.key for row in read_items(given("item,text\n1,a\n2,b\n1,a\n"))] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("item,text\n1,a\n2,b\n1,c\n", [
            "a.csv line 4: item '1' stands on line 2 with another payload; keep one",
        ]),
        ("item\n1\n", [
            "a.csv line 2: has nothing beside its key; give at least one more column or field to show",
        ]),
        ("text\na\n", ["a.csv line 1: column item is missing; found text"]),
        ("item,text,text\n1,a,b\n", ["a.csv line 1, field text: the column stands more than once; keep one"]),
        (",item,text\n0,1,a\n", ["a.csv line 1: a column has no name (pandas: write with index=False)"]),
        ("item,text\n", ["a.csv: has a header but no rows"]),
        ("item,text\n ,a\n2\n", [
            "a.csv line 2, field item: is blank",
            "a.csv line 3: has 1 fields, the header has 2",
        ]),
        ('{"text": "a"}', ["a.csv line 1: the field item is missing"]),
        ('{"item": 1, "task": 1}', ["a.csv line 1: name the item in one field, item"]),
        ('{"item": true, "a": 1}\n{"item": null, "a": 1}\n{"task": 1.5, "a": 1}', [
            "a.csv line 1, field item: must be text or a whole number",
            "a.csv line 2, field item: is blank",
            "a.csv line 3, field task: must be text or a whole number",
        ]),
    ],
)  # fmt: skip
def test_faults_are_named_by_line_and_field(given, content, expected):
    assert problems(given(content)) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@forall(st.dictionaries(st.sampled_from(["item", "text", "x"]), json_values, max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_object_is_read_as_it_is_or_refused(fields):
    try:
        (row,) = read_items(Source("f", json.dumps(fields).encode()))
    except Unprocessable as error:
        assert error.problems[0].where.startswith("f")  # noqa: PT017
    else:
        assert {"item": fields["item"], **row.payload} == fields


@forall(st.binary(max_size=80) | st.text('{}[]":,item1e9\\u0d8\n', max_size=60).map(str.encode))
@settings(max_examples=400, deadline=None)
def test_no_bytes_raise_anything_but_our_error(body):
    for prefix in (b"", b'{"item": 1, ', b"item,text\n"):
        try:
            read_items(Source("f", prefix + body))
        except Unprocessable as error:
            assert error.problems  # noqa: PT017
