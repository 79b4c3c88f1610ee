"""Agreement coefficients against published values and brute force."""

from itertools import combinations
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.answers import Answers
from qc.agreement import krippendorff_alpha, pairwise_agreement

# The worked example of Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section C.
CODERS = {
    "A": "12332141 2...".replace(" ", ""),
    "B": "1233224125.3",
    "C": ".3332342251.",
    "D": "12332441251.",
}


def answers(triples):
    items, workers, labels = zip(*triples, strict=True)
    return Answers.from_columns(items, workers, labels)


def krippendorff_example():
    return answers(
        [(f"u{u:02}", coder, c) for coder, row in CODERS.items() for u, c in enumerate(row) if c != "."]
    )


tables = st.dictionaries(
    st.tuples(st.sampled_from("pqrstu"), st.sampled_from("vwxyz")), st.sampled_from("abc"), min_size=1
).map(lambda cells: [(item, worker, label) for (item, worker), label in cells.items()])


def test_alpha_of_the_published_example():
    assert krippendorff_alpha(krippendorff_example()) == pytest.approx(0.743, abs=0.0005)


def test_full_agreement_is_one():
    rows = [(item, worker, item) for item in "ab" for worker in "xyz"]
    assert krippendorff_alpha(answers(rows)) == pytest.approx(1)
    assert pairwise_agreement(answers(rows)) == 1


def test_systematic_disagreement_is_below_chance():
    rows = [(str(item), worker, label) for item in range(5) for worker, label in (("x", "a"), ("y", "b"))]
    assert krippendorff_alpha(answers(rows)) < 0
    assert pairwise_agreement(answers(rows)) == 0


def test_single_answers_leave_agreement_undefined():
    rows = [("p", "x", "a"), ("q", "x", "b")]
    assert isnan(pairwise_agreement(answers(rows)))
    assert isnan(krippendorff_alpha(answers(rows)))


def test_one_label_everywhere_leaves_alpha_undefined():
    assert isnan(krippendorff_alpha(answers([("p", "x", "a"), ("p", "y", "a")])))


@given(tables)
def test_pairwise_agreement_equals_counting_the_pairs(rows):
    pairs = [(a[2], b[2]) for a, b in combinations(rows, 2) if a[0] == b[0]]
    value = pairwise_agreement(answers(rows))
    if pairs:
        assert value == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))
    else:
        assert isnan(value)


@given(tables, st.permutations("abc"))
def test_renaming_the_labels_changes_nothing(rows, names):
    renamed = [(item, worker, names["abc".index(label)]) for item, worker, label in rows]
    assert krippendorff_alpha(answers(renamed)) == pytest.approx(
        krippendorff_alpha(answers(rows)), nan_ok=True
    )
