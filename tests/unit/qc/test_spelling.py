"""Labels that are one label in several spellings are told."""

from __future__ import annotations

import pytest

from qc.spelling import look_alikes, spelling


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("cat", "Cat"), ("cat", " cat "), ("not safe", "not  safe"), ("1", "1.0"), ("01", "1")),
        *(("1e1", "10"), ("é", "e\u0301"), ("straße", "STRASSE"), ("NaN", "nan")),
    ],
)
def test_slips_are_seen(one, other):
    assert look_alikes([one, "dog", other]) == [(one, other)]


@pytest.mark.parametrize(
    "labels", [["cat", "cats"], ["1", "2"], ["NA", "nan"], ["1_0", "10"], ["inf", "1e999"]]
)
def test_what_differs_in_more_is_left_alone(labels):
    assert look_alikes(labels) == []
    assert spelling(labels) == []


def test_only_some_are_named():
    (caution,) = spelling([*"abcde", *"ABCDE"])
    assert "'a' and 'A'; 'b' and 'B'; 'c' and 'C'; and 2 more" in caution.text
