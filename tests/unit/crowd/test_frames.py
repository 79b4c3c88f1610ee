"""Numbers become rows, and rows numbers, as one by one they would."""

from __future__ import annotations

import json

import numpy as np
import pytest

from crowd import frames
from crowd.db import decimals

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
    "numbers", [[0.0, 1.0, 0.5, 0.123456789], [1e-9, 1e-10], [-0.5, 0.25], [2.5], [1e300]]
)
def test_numbers_as_text_are_what_they_were(numbers: list[float]) -> None:
    assert [float(text) for text in decimals.texts(numbers)] == numbers
