"""Comparisons: counted, and fitted to strengths, with workers who do not look seen through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregation.comparisons import Comparisons
from aggregation.rankings import bradley_terry, counting, crowd_bradley_terry

METHODS = (counting, bradley_terry, crowd_bradley_terry)
SIDES = {"left": "right", "right": "left", "tie": "tie"}
ROWS = st.lists(
    st.tuples(
        st.sampled_from("uvw"), st.sampled_from(["ab", "ba", "bc", "ca", "cd"]), st.sampled_from(list(SIDES))
    ),
    min_size=1,
    max_size=15,
)


def compared(*rows: tuple[str, str, str]) -> Comparisons:
    """Rows of worker, pair, outcome: ("u", "ab", "left") says that u found a better."""
    return Comparisons.from_columns(
        [row[0] for row in rows],
        [row[1][0] for row in rows],
        [row[1][1] for row in rows],
        [row[2] for row in rows],
    )


@pytest.mark.parametrize("method", METHODS)
def test_who_wins_stands_first(method):
    found = method(compared(("u", "ab", "left"), ("v", "bc", "left"), ("w", "ac", "left")))
    assert found.objects == ("a", "b", "c")
    assert (np.diff(found.score) < 0).all()


def test_a_tie_counts_half_for_each():
    found = counting(compared(("u", "ab", "tie"), ("v", "ab", "left")))
    assert dict(zip(found.objects, found.score, strict=True)) == {"a": 1.5, "b": 0.5}


def test_more_comparisons_make_an_order_surer():
    few = bradley_terry(compared(*[("u", "ab", "left")] * 3, ("v", "ab", "right")))
    many = bradley_terry(compared(*[("u", "ab", "left")] * 30, *[("v", "ab", "right")] * 10))
    assert many.confidence[0] > few.confidence[0] > 0.5
    assert np.isnan(many.confidence[-1])


def test_whoever_always_says_left_is_seen_through(rng):
    strength = dict(zip("abcdef", np.linspace(2.5, -2.5, 6), strict=True))
    rows = []
    for _ in range(900):
        one, other = rng.choice(list("abcdef"), 2, replace=False)
        worker = f"w{rng.integers(6)}"
        wins = rng.random() < 1.0 / (1.0 + np.exp(strength[other] - strength[one]))
        spams = worker in ("w4", "w5")
        rows.append((worker, one, other, "left" if spams or wins else "right"))
    found = crowd_bradley_terry(Comparisons.from_columns(*zip(*rows, strict=True)))
    assert found.objects == tuple("abcdef")
    assert found.skill[:4].min() > 0.6
    assert found.skill[4:].max() < 0.4


@pytest.mark.parametrize(
    ("row", "message"),
    [(("u", "ab", "draw"), "row 1: outcome 'draw'"), (("u", "aa", "tie"), "row 1: 'a' is compared")],
)
def test_what_makes_no_sense_is_refused_by_row(row, message):
    with pytest.raises(ValueError, match=message):
        compared(row)


@pytest.mark.parametrize("method", METHODS)
@given(rows=ROWS)
@settings(max_examples=25, deadline=None)
def test_swapping_the_sides_changes_nothing(method, rows):
    swapped = [(worker, pair[::-1], SIDES[outcome]) for worker, pair, outcome in rows]
    before, after = method(compared(*rows)), method(compared(*swapped))
    assert dict(zip(after.objects, after.score, strict=True)) == pytest.approx(
        dict(zip(before.objects, before.score, strict=True)), abs=1e-3
    )
