"""One door for every kind of answer."""

from __future__ import annotations

import pytest

from aggregation.answers import Answers
from aggregation.kinds import KINDS, estimate
from aggregation.readings import Readings


def test_every_kind_has_a_default_method():
    assert {name: kind.default for name, kind in KINDS.items()} == {
        "labels": "panel",
        "sets": "panel",
        "numbers": "precision",
        "texts": "rover",
        "boxes": "boxes",
        "spans": "spans",
        "comparisons": "crowd-bradley-terry",
    }


def test_labels_and_numbers_go_through_the_same_door():
    labels = estimate("labels", Answers.from_columns(["i", "i"], ["u", "v"], ["a", "a"]))
    numbers = estimate("numbers", Readings.from_columns(["i", "i"], ["u", "v"], [2.0, 4.0]), "mean")
    assert labels.labels[labels.choice[0]] == "a"
    assert numbers.values == (3.0,)


@pytest.mark.parametrize(
    ("kind", "method", "message"),
    [
        ("smells", None, "kind: 'smells' is unknown; choose one of labels"),
        ("numbers", "panel", "unknown for numbers"),
    ],
)
def test_what_is_unknown_is_refused_with_what_there_is(kind, method, message):
    with pytest.raises(ValueError, match=message):
        estimate(kind, Readings.from_columns([], [], []), method)
