"""Out-of-fold predictions: nobody judges what they were taught."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowd.errors import Unprocessable
from crowd.learning import out_of_fold
from crowd.learning.builtin import model as builtin


class Memory:
    """Knows by heart what it was taught; anything else is an even guess."""

    def fit(self, features, labels):
        self.classes_ = sorted(set(labels))
        self.taught = dict(zip(features, labels, strict=True))

    def predict_proba(self, features):
        return np.array([[self.belief(text, label) for label in self.classes_] for text in features])

    def belief(self, text, label):
        return float(self.taught[text] == label) if text in self.taught else 1 / len(self.classes_)


labelings = st.lists(st.sampled_from("abc"), min_size=2, max_size=40)


@settings(deadline=None)
@given(labelings, st.integers(2, 6), st.integers(0, 3))
def test_no_model_has_seen_what_it_judges(labels, folds, seed):
    texts = [str(number) for number in range(len(labels))]
    found = out_of_fold(Memory, texts, labels, folds, np.random.default_rng(seed))
    # A memory that had seen an item would be certain; among k labels an even guess stays at 1/k.
    for row, label in enumerate(labels):
        others = {labels[other] for other in range(len(labels)) if found.fold[other] != found.fold[row]}
        trained_on = sum(found.fold != found.fold[row])
        even = (1 / len(others) if label in others else 0) * trained_on + 1 / len(found.classes)
        assert found.probabilities[row, found.classes.index(label)] == pytest.approx(even / (trained_on + 1))


@settings(deadline=None)
@given(labelings, st.integers(2, 6))
def test_rows_sum_to_one_and_nothing_is_impossible(labels, folds):
    found = out_of_fold(Memory, [str(n) for n in range(len(labels))], labels, folds, np.random.default_rng(0))
    assert found.classes == tuple(sorted(set(labels)))
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    assert (found.probabilities > 0).all()


@settings(deadline=None)
@given(labelings, st.integers(2, 6))
def test_every_label_is_spread_evenly_over_the_folds(labels, folds):
    found = out_of_fold(Memory, [str(n) for n in range(len(labels))], labels, folds, np.random.default_rng(0))
    used = min(folds, len(labels))
    for label in set(labels):
        rows = [row for row, name in enumerate(labels) if name == label]
        sizes = Counter(found.fold[rows].tolist())
        counts = [sizes[number] for number in range(used)]
        assert max(counts) - min(counts) <= 1


def test_the_generator_alone_decides_the_folds():
    labels = ["a", "b"] * 10
    texts = [str(number) for number in range(20)]
    first, again, other = (
        out_of_fold(Memory, texts, labels, 4, np.random.default_rng(seed)).fold.tolist() for seed in (1, 1, 2)
    )
    assert first == again != other


def test_the_built_in_model_predicts_what_it_has_not_seen():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 2))
    labels = np.where(x[:, 0] > 0, "up", "down").tolist()
    found = out_of_fold(lambda: builtin("numbers"), x, labels, 4, rng)
    said = np.array(found.classes)[found.probabilities.argmax(axis=1)]
    assert np.mean(said == labels) > 0.9


@pytest.mark.parametrize(("count", "folds"), [(0, 2), (1, 2), (5, 1)])
def test_too_little_to_fold_is_refused(count, folds):
    with pytest.raises(Unprocessable, match="at least two of each are needed"):
        out_of_fold(Memory, ["x"] * count, ["a"] * count, folds, np.random.default_rng(0))


def test_labels_and_inputs_must_match():
    with pytest.raises(ValueError, match="2 labels for 3 inputs"):
        out_of_fold(Memory, ["x"] * 3, ["a"] * 2, 2, np.random.default_rng(0))
