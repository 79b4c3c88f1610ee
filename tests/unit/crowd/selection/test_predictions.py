"""Predictions are checked before they choose anything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowd.selection.predictions import TOLERANCE, check

LABELS, KEYS = ["cat", "dog"], ["p", "q", "r"]
GOOD = [[0.5, 0.5], [0.9, 0.1], [0.0, 1.0]]


def with_row(row):
    return [GOOD[0], row, GOOD[2]]


def test_good_predictions_pass_as_they_are():
    np.testing.assert_array_equal(check(GOOD, LABELS, KEYS), GOOD)


@given(st.floats(-0.9 * TOLERANCE, 0.9 * TOLERANCE))
def test_rounding_is_repaired(slack):
    checked = check(with_row([0.7, 0.3 + slack]), LABELS, KEYS)
    np.testing.assert_allclose(checked.sum(axis=1), 1, atol=1e-12)


def test_the_callers_array_is_left_alone():
    given_table = np.array(with_row([0.7, 0.3004]))
    before = given_table.copy()
    check(given_table, LABELS, KEYS)
    np.testing.assert_array_equal(given_table, before)


def test_no_items_is_a_table_of_no_rows():
    assert check(np.empty((0, 2)), LABELS, []).shape == (0, 2)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([float("nan"), 1], r"row 2 \(item 'q'\): probability of 'cat' is nan; replace missing"),
        ([0.5, float("inf")], r"row 2 \(item 'q'\): probability of 'dog' is inf"),
        ([1.5, -0.5], r"row 2 \(item 'q'\): probability of 'dog' is -0.5; .* softmax"),
        ([0.5, 0.6], r"row 2 \(item 'q'\): probabilities sum to 1.1; they must sum to 1"),
        ([0.0, 0.0], r"row 2 \(item 'q'\): probabilities sum to 0;"),
    ],
)
def test_a_bad_row_is_named_with_its_remedy(row, message):
    with pytest.raises(ValueError, match=message):
        check(with_row(row), LABELS, KEYS)


def test_the_message_counts_the_other_bad_rows():
    with pytest.raises(ValueError, match=r"row 1 .*\(and 2 more such rows\)"):
        check([[1, 1]] * 3, LABELS, KEYS)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[1.0], [1.0], [1.0]], r"shape \(3, 1\), expected \(3, 2\)"),
        (GOOD[:2], r"shape \(2, 2\), expected \(3, 2\)"),
        ([0.5, 0.5], r"shape \(2,\)"),
        ([[0.5, 0.5], [1.0]], "rectangle of numbers"),
        ([["a", "b"]] * 3, "rectangle of numbers"),
    ],
)
def test_another_shape_is_refused(table, message):
    with pytest.raises(ValueError, match=message):
        check(table, LABELS, KEYS)


def test_repeated_names_are_refused():
    with pytest.raises(ValueError, match="label 'cat' stands more than once"):
        check(GOOD, ["cat", "cat"], KEYS)
    with pytest.raises(ValueError, match="item 'p' stands more than once"):
        check(GOOD, LABELS, ["p", "q", "p"])
    with pytest.raises(ValueError, match="no labels given"):
        check(np.empty((3, 0)), [], KEYS)
