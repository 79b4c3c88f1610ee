"""Numbers become rows, and rows numbers, as one by one they would."""

from __future__ import annotations

import json

import numpy as np
import pytest

from crowd import frames
from crowd.db import bulk

DIGITS = 9


@pytest.mark.parametrize("labels", [1, 2, 7])
def test_rows_as_json_say_what_rounding_each_number_says(labels: int, rng: np.random.Generator) -> None:
    shares = np.concatenate((rng.dirichlet(np.full(labels, 0.05), 300), np.eye(labels)))
    rows = [json.loads(row) for row in frames.json_rows(shares, DIGITS)]
    assert rows == shares.round(DIGITS).tolist()


def test_rows_as_json_are_the_same_in_parts(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    shares = rng.dirichlet(np.ones(3), 10)
    whole = frames.json_rows(shares, DIGITS)
    monkeypatch.setattr(frames, "ROWS", 4)
    assert frames.json_rows(shares, DIGITS) == whole
    assert frames.json_rows(shares[:0], DIGITS) == []


@pytest.mark.parametrize("largest", [5, 2**62])
def test_equal_numbers_keep_their_order(largest: int, rng: np.random.Generator) -> None:
    keys = rng.integers(0, 6, 200) * (largest // 5)
    assert frames.stable_order(keys).tolist() == np.argsort(keys, kind="stable").tolist()


@pytest.mark.parametrize(
    "numbers", [[0, 7, 4 * 10**9], [-3, 2], [4, 5 * 10**9], [-6 * 10**9], [10**9, 2**61], [10**10, -(10**10)]]
)
def test_columns_of_digits_are_read_whatever_their_lengths(numbers: list[int]) -> None:
    text = ",".join(str(bulk.SHIFT + number) for number in numbers)
    assert (bulk.parsed(text, len(numbers)) - bulk.SHIFT).tolist() == numbers
