"""Which inputs the payloads give."""

from __future__ import annotations

import numpy as np
import pytest

from crowd.errors import Unprocessable
from crowd.learning import features_of


def test_lists_of_numbers_come_before_all_else():
    features = features_of([{"pixels": [0, 0.5], "text": "a cat"}, {"text": "a dog", "pixels": [1, 2]}])
    assert (features.kind, features.fields, len(features)) == ("numbers", ("pixels",), 2)
    np.testing.assert_array_equal(features.values, [[0, 0.5], [1, 2]])


def test_several_lists_stand_side_by_side_in_alphabetical_order():
    features = features_of([{"b": [3], "a": [1, 2]}, {"a": [4, 5], "b": [6]}])
    np.testing.assert_array_equal(features.values, [[1, 2, 3], [4, 5, 6]])


def test_text_comes_before_numbers_and_numbers_beside_it_are_left_out():
    features = features_of([{"title": "One", "n": 1, "body": "first"}, {"title": "Two", "n": 2}])
    assert (features.kind, features.fields) == ("text", ("body", "title"))
    assert features.values == ["first\nOne", "Two"]


def test_numbers_may_be_strings_as_from_csv_and_gaps_become_nan():
    features = features_of([{"a": "1.5", "b": 2}, {"a": "", "b": -3}, {"b": "4"}])
    assert (features.kind, features.fields) == ("numbers", ("a", "b"))
    np.testing.assert_array_equal(features.values, [[1.5, 2], [np.nan, -3], [np.nan, 4]])


def test_links_are_not_learned_from():
    payloads = [
        {"image": "https://example.org/cat/1.png", "caption": "a cat"},
        {"image": "data:x", "caption": "b"},
    ]
    assert features_of(payloads).fields == ("caption",)


@pytest.mark.parametrize(
    "payloads",
    [
        [{"image": "https://example.org/cat/1.png"}],
        [{"x": {"nested": 1}}],
        [{"x": [1]}, {"y": [1]}],
        [{}],
        [],
    ],
)
def test_payloads_without_inputs_are_refused(payloads):
    with pytest.raises(Unprocessable, match="nothing to learn from"):
        features_of(payloads)


def test_lists_of_different_length_are_refused():
    with pytest.raises(Unprocessable, match="field x: payload 2 has 1 numbers, the first has 2"):
        features_of([{"x": [1, 2]}, {"x": [1]}])


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", 10**400])
def test_what_is_no_finite_number_is_no_number(value):
    features = features_of([{"x": value, "text": "a b"}, {"x": 1, "text": "c"}])
    assert features.kind == "text"
    assert "text" in features.fields


@pytest.mark.parametrize("payloads", [[{"t": "a"}, {"t": "b"}, {"t": "c"}], [{"n": 0}, {"n": 1}, {"n": 2}]])
def test_rows_are_taken_in_the_order_asked_for(payloads):
    features = features_of(payloads)
    assert list(features.take([2, 0])) == [features.values[2], features.values[0]]
    assert len(features.take([])) == 0


@pytest.mark.parametrize("odd", [10**400, float("nan"), "seven", None])
def test_what_is_no_finite_number_makes_a_field_no_vector(odd):
    with pytest.raises(Unprocessable):
        features_of([{"pixels": [1, 2.5]}, {"pixels": [1, odd]}])


def test_numbers_of_a_vector_may_be_written_as_text():
    assert features_of([{"pixels": [1, 2.5]}, {"pixels": [True, "4"]}]).values.tolist() == [[1, 2.5], [1, 4]]
