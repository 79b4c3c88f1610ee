"""An item is disputed where good workers stand on both sides and the posterior is split between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc.disputes import SPLIT, dispute

LABELS = ("a", "b", "c")


def test_good_workers_on_both_sides_of_a_split_are_a_dispute() -> None:
    found = dispute(LABELS, (0.5, 0.45, 0.05), [("a", 0.9), ("a", 0.8), ("b", 0.95), ("c", 0.2)])
    assert found is not None
    assert (found.first, found.second, found.split) == ("a", "b", 0.45)
    assert found.good == {"a": 2, "b": 1}


@pytest.mark.parametrize(
    ("posterior", "said"),
    [
        ((0.8, 0.15, 0.05), [("a", 0.9), ("b", 0.9)]),  # not split
        ((0.5, 0.45, 0.05), [("a", 0.9), ("b", 0.5)]),  # the other side is weak
        ((0.5, 0.45, 0.05), [("a", 0.9), ("a", 0.9)]),  # split by the class shares alone
        ((0.5, 0.45, 0.05), []),
        ((), [("a", 0.9), ("b", 0.9)]),  # answers that are no labels
    ],
)
def test_what_is_no_dispute(posterior: tuple[float, ...], said: list[tuple[str, float | None]]) -> None:
    assert dispute(LABELS, posterior, said) is None


def test_who_was_never_graded_is_given_the_benefit() -> None:
    assert dispute(LABELS, (0.5, 0.5, 0.0), [("a", None), ("b", None)]) is not None


@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(sum),
    st.lists(st.tuples(st.sampled_from(LABELS), st.none() | st.floats(0, 1)), max_size=6),
)
def test_the_order_of_labels_and_answers_does_not_matter(
    weights: list[float], said: list[tuple[str, float | None]]
) -> None:
    posterior = [weight / sum(weights) for weight in weights]
    found = dispute(LABELS, posterior, said)
    turned = dispute(LABELS[::-1], posterior[::-1], said[::-1])
    assert (found is None) == (turned is None)
    if found is not None and turned is not None:
        assert (found.first, found.second, found.good) == (turned.first, turned.second, turned.good)
        assert found.split >= SPLIT
