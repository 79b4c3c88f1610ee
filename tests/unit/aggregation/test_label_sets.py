"""Sets of labels: each label decided by itself, the whole with the chance that all of it is right."""

from __future__ import annotations

import numpy as np
import pytest

from aggregation.answers import Answers
from aggregation.label_sets import label_majority, label_panel
from aggregation.readings import Readings
from aggregation.registry import aggregate

METHODS = (label_panel, label_majority)


def said(*rows: tuple[str, str, str]) -> Readings[frozenset[str]]:
    items, workers, values = zip(*rows, strict=True)
    return Readings.from_columns(items, workers, [frozenset(value) for value in values])


@pytest.mark.parametrize("method", METHODS)
def test_labels_that_everybody_gives_make_the_set(method):
    found = method(said(("i", "u", "ab"), ("i", "v", "ab"), ("j", "u", "c"), ("j", "v", "c")))
    assert found.values == (frozenset("ab"), frozenset("c"))
    assert found.labels == ("a", "b", "c")
    assert (found.confidence > 0.5).all()


def test_a_worker_can_be_trusted_with_one_label_and_not_with_another(rng):
    rows = []
    for n in range(300):
        a, b = rng.random(2) < 0.5
        for worker in range(5):
            blind = worker >= 3  # two of five answer b by chance
            seen = {"a"} if a else set()
            if rng.random() < 0.5 if blind else b:
                seen.add("b")
            rows.append((f"{n:03d}", f"w{worker}", "".join(sorted(seen)), a, b))
    found = label_panel(said(*[row[:3] for row in rows]))
    truth = np.array([row[4] for row in rows[::5]])
    column = found.labels.index("b")
    assert ((found.probability[:, column] > 0.5) == truth).mean() > 0.98


def test_a_set_is_empty_only_where_workers_gave_empty_sets():
    split = [("i", w, label) for w, label in zip("uvw", "abc", strict=True)]
    assert len(label_majority(said(*split)).values[0]) == 1
    assert label_majority(said(*split, ("j", "u", ""))).values[0] == frozenset()


def test_labels_outside_the_label_set_are_refused():
    with pytest.raises(ValueError, match="'b' was answered but is not in the label set"):
        label_panel(said(("i", "u", "ab")), labels=["a"])


@pytest.mark.parametrize("method", METHODS)
def test_an_item_without_answers_has_no_set(method):
    found = method(
        Readings.from_columns(["i"], ["u"], [frozenset("a")], item_ids=["i", "j"]), labels=["a", "b"]
    )
    assert found.values == (frozenset("a"), None)
    assert np.isnan(found.confidence[1])


@pytest.mark.parametrize("labels", [2, 4, 8])
def test_a_set_of_one_label_is_about_as_sure_as_the_label(rng, labels):
    """Taking one label for another is one error, though two labels are wrong then."""
    rows = []
    for n in range(300):
        true = rng.integers(labels)
        for worker in rng.choice(12, 3, replace=False):
            label = true if rng.random() < 0.75 else (true + rng.integers(1, labels)) % labels
            rows.append((f"{n:03d}", f"w{worker}", "abcdefgh"[label]))
    found, alone = label_panel(said(*rows)), aggregate(Answers.from_columns(*zip(*rows, strict=True)))
    product = np.where(found.probability > 0.5, found.probability, 1.0 - found.probability).prod(axis=1)
    assert found.confidence.mean() == pytest.approx(alone.confidence.mean(), abs=0.1)
    assert product.mean() < alone.confidence.mean() - 0.1


def test_labels_that_err_alone_are_multiplied():
    everyone = [("i", "u", "abc"), ("i", "v", "abc"), ("i", "w", "abc"), ("j", "u", "a"), ("j", "v", "a")]
    found = label_majority(
        said(*everyone, ("j", "w", "ab"), ("k", "u", "c"), ("k", "v", "c"), ("k", "w", ""))
    )
    assert found.confidence == pytest.approx([1.0, 2 / 3, 2 / 3])
