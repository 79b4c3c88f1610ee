"""Agreement coefficients against published values and brute force."""

from dataclasses import replace
from functools import partial
from itertools import combinations
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.answers import Answers
from qc.agreement import Tally, fleiss_kappa, krippendorff_alpha, pairwise_agreement, with_interval

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


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_the_published_example(level, value):
    assert krippendorff_alpha(krippendorff_example(), level=level) == pytest.approx(value, abs=0.0005)


def test_kappa_of_a_well_known_example():
    # Fourteen raters, ten subjects, five categories: the worked example that textbooks give 0.210 for.
    table = ["0000e", "02642", "00356", "03920", "22811", "77000", "32630", "25322", "65210", "02237"]
    rows = [
        (f"s{subject}", f"r{rater}", str(category))
        for subject, counts in enumerate(table)
        for rater, category in enumerate(
            category for category, count in enumerate(counts) for _ in range(int(count, 16))
        )
    ]
    assert fleiss_kappa(answers(rows)) == pytest.approx(0.210, abs=0.0005)


@pytest.mark.parametrize("measure", [pairwise_agreement, krippendorff_alpha, fleiss_kappa])
def test_the_interval_holds_the_value_and_shrinks_with_more_items(measure, rng):
    def interval(items):
        rows = [
            (f"i{i:04}", worker, "ab"[i % 2] if rng.random() < 0.8 else "ba"[i % 2])
            for i in range(items)
            for worker in "xyz"
        ]
        return with_interval(measure, answers(rows), rng=rng, resamples=100)

    few, many = interval(30), interval(600)
    assert few.low < few.value < few.high
    assert many.low < many.value < many.high
    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize(
    "measure",
    [pairwise_agreement, krippendorff_alpha, partial(krippendorff_alpha, level="ordinal"), fleiss_kappa],
)
@given(rows=tables, times=st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_an_item_of_weight_two_counts_like_two_items(measure, rows, times):
    made = answers(rows)
    often = dict(zip(made.items, times, strict=False))
    weight = np.array([often[item] for item in made.items], dtype=float)
    copies = [(f"{item}{copy}", worker, label) for item, worker, label in rows for copy in range(often[item])]
    expected = measure(answers(copies)) if copies else float("nan")
    assert measure(replace(Tally.of(made), weight=weight)) == pytest.approx(expected, nan_ok=True)


def test_interval_level_needs_numbers():
    with pytest.raises(ValueError, match="needs numbers"):
        krippendorff_alpha(answers([("p", "x", "low"), ("p", "y", "high")]), level="interval")


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
