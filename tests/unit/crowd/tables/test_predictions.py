"""Predictions from CSV and .npy."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from crowd.errors import Unprocessable
from crowd.tables.predictions import read_predictions
from crowd.tables.source import Source


def npy(array: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def problems(source: Source, **options: object) -> list[str]:
    with pytest.raises(Unprocessable) as error:
        read_predictions(source, **options)
    return [str(problem) for problem in error.value.problems]


def test_csv_columns_are_labels(given):
    table = read_predictions(given("item,cat,dog\na,0.25,0.75\nb,1,0\n"))
    assert (table.keys, table.labels) == (["a", "b"], ("cat", "dog"))
    np.testing.assert_array_equal(table.probabilities, [[0.25, 0.75], [1, 0]])


def test_the_label_set_gives_the_order_of_the_columns(given):
    table = read_predictions(given("dog,task,cat\n0.75,a,0.25\n"), labels=("cat", "dog"))
    assert table.labels == ("cat", "dog")
    np.testing.assert_array_equal(table.probabilities, [[0.25, 0.75]])


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f8", "f2", "i8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_items_go_by_their_row(given, dtype, order):
    array = np.array([[0, 1, 0], [1, 0, 0]], dtype=dtype, order=order)
    table = read_predictions(given(npy(array), "p.npy"))
    assert (table.keys, table.labels) == (["0", "1"], ("0", "1", "2"))
    np.testing.assert_array_equal(table.probabilities, array)
    assert table.probabilities.dtype == np.float64


def test_npy_takes_names_from_the_label_set(given):
    assert read_predictions(given(npy(np.eye(2))), labels=("no", "yes")).labels == ("no", "yes")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("item,a,b\n1,0.5,nan\n", [
            "a.csv line 2, field b: nan is no probability; give a number from 0 to 1",
        ]),
        ("item,a,b\n\n1,-0.5,1.5\n", [
            "a.csv line 3, field a: -0.5 is no probability; give a number from 0 to 1",
        ]),
        ("item,a,b\n1,inf,0\n", [
            "a.csv line 2, field a: inf is no probability; give a number from 0 to 1",
        ]),
        ("item,a,b\n1,0.5,0.6\n", [
            "a.csv line 2: the probabilities sum to 1.1; divide each row by its sum",
        ]),
        ("item,a,b\n1,0.5,x\n2,,1\n", [
            "a.csv line 2, field b: 'x' is not a number; each column beside item is a label",
            "a.csv line 3, field a: '' is not a number; each column beside item is a label",
        ]),
        ("item,a,b\n1,0,1\n1,0,1\n", [
            "a.csv line 3, field item: item '1' stands on line 2 already; keep one",
        ]),
        ("item,a,b\n ,0,1\n", ["a.csv line 2, field item: is blank"]),
        ("item,a,b\n1,1\n", ["a.csv line 2: has 2 fields, the header has 3"]),
        ("item,a,a\n1,0,1\n", ["a.csv line 1, field a: the column stands more than once; keep one"]),
        ("item\n1\n", ["a.csv line 1: has no label columns; give item and one column per label"]),
        ("a,b\n0,1\n", ["a.csv line 1: column item is missing; found a, b"]),
        ("item,a,b\n", ["a.csv: has a header but no rows"]),
    ],
)  # fmt: skip
def test_faults_of_csv_are_named_by_line_and_field(given, content, expected):
    assert problems(given(content)) == expected


def test_columns_must_be_the_label_set(given):
    assert problems(given("item,a,c\n1,0,1\n"), labels=("a", "b")) == [
        "a.csv line 1, field c: unknown column; expected item, a, b",
        "a.csv line 1: column b is missing; found item, a, c",
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (npy(np.array([[0.5, np.nan]])), "p row 0, field 1: nan is no probability"),
        (npy(np.array([[0.5, 0.5], [0.5, 0.4]])), "p row 1: the probabilities sum to 0.9"),
        (npy(np.array([[1e308, 1e308]])), "p row 0: the probabilities sum to inf"),
        (npy(np.ones(3)), "p: holds shape (3,) of float64"),
        (npy(np.ones((0, 3))), "p: holds shape (0, 3) of float64"),
        (npy(np.array([["a"]])), "p: holds shape (1, 1) of <U1"),
        (npy(np.eye(2))[:-1], "p: holds 31 where its header announces 32 bytes of numbers"),
        (npy(np.eye(2)) + b"x", "p: holds 33 where its header announces 32 bytes of numbers"),
        (npy(np.eye(2))[:20], "p: is not a readable .npy file"),
        (npy(np.eye(2)).replace(b"(2, 2)", b"(9**9)"), "p: is not a readable .npy file"),
        (npy(np.array([[{}]]), allow_pickle=True), "p: holds shape (1, 1) of object"),
    ],
)
def test_faults_of_npy_are_named_by_row_and_column(body, message):
    assert problems(Source("p", body))[0].startswith(message)


def test_a_header_that_announces_terabytes_allocates_nothing():
    body = npy(np.eye(2)).replace(b"(2, 2), }            ", b"(999999999999, 2), } ")
    assert problems(Source("p", body)) == [
        "p: holds 32 where its header announces 15,999,999,999,984 bytes of numbers"
    ]


def test_npy_must_be_as_wide_as_the_label_set(given):
    assert problems(given(npy(np.eye(2))), labels=("a", "b", "c")) == [
        "a.csv: has 2 columns, the label set has 3: a, b, c"
    ]


@forall(st.binary(max_size=60), st.integers(0, 127))
@settings(max_examples=400, deadline=None)
def test_no_bytes_raise_anything_but_our_error(noise, at):
    good = npy(np.eye(2))
    bodies = (noise, b"item,a,b\n" + noise, good[:at] + noise + good[at + len(noise) :], good[:10] + noise)
    for body in bodies:
        try:
            read_predictions(Source("f", body))
        except Unprocessable as error:
            assert error.problems  # noqa: PT017
