"""Blocks of answers hold them exactly, however large their numbers are."""

from __future__ import annotations

import numpy as np
import pytest

from crowd import columns
from crowd.models import AnswerBlock


@pytest.mark.parametrize("largest", [1, 255, 2**31, 2**40])
def test_a_block_gives_back_what_was_packed(largest: int, rng: np.random.Generator) -> None:
    rows = rng.integers(1, largest + 1, (50, 4))
    rows[:, 0] = np.cumsum(rows[:, 0])
    rows[:, 3] = np.arange(50) % 2
    block = AnswerBlock(last=int(rows[-1, 0]), size=50, labels=["a", "b"], content=columns._packed(rows))
    assert np.array_equal(columns._unpacked(block, ["a", "b"]), rows)
    other = columns._unpacked(block, ["b"])
    assert other[:, 3].tolist() == [-1, 0] * 25
