"""Requirements of workers: every comparator, what may be asked for, and which actions are guarded."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.services.market import requirements
from crowd.services.market.refusals import Refused
from crowd.services.market.requirements import LOCALE, Value
from crowd.services.market.scores import percent_approved

OWN = "3OWN"


def required(comparator: str, *values: int, **more: Any) -> dict[str, Any]:
    given = {"QualificationTypeId": OWN, "Comparator": comparator, **more}
    return {**given, "IntegerValues": list(values)} if values else given


def in_places(comparator: str, *places: str) -> dict[str, Any]:
    pairs = [place.partition("-") for place in places]
    wanted = [{"Country": country, **({"Subdivision": part} if part else {})} for country, _, part in pairs]
    return {"QualificationTypeId": LOCALE, "Comparator": comparator, "LocaleValues": wanted}


@pytest.mark.parametrize(
    ("comparator", "met"),
    [
        ("LessThan", [4]),
        ("LessThanOrEqualTo", [4, 5]),
        ("GreaterThan", [6]),
        ("GreaterThanOrEqualTo", [5, 6]),
        ("EqualTo", [5]),
        ("NotEqualTo", [4, 6]),
        ("In", [5]),
        ("NotIn", [4, 6]),
        ("Exists", [4, 5, 6]),
        ("DoesNotExist", [None]),
    ],
)
def test_every_comparator_admits_just_its_scores(comparator: str, met: list[int | None]):
    values = () if comparator in requirements.PRESENCE else (5,)
    wanted = required(comparator, *values)
    assert [value for value in (4, 5, 6, None) if requirements.meets(wanted, value)] == met


def test_sets_hold_several_numbers():
    assert [n for n in range(6) if requirements.meets(required("In", 1, 3, 5), n)] == [1, 3, 5]
    assert [n for n in range(6) if requirements.meets(required("NotIn", 1, 3, 5), n)] == [0, 2, 4]


@pytest.mark.parametrize(
    ("wanted", "here", "is_met"),
    [
        (in_places("EqualTo", "US"), {"US", "US-WA"}, True),
        (in_places("EqualTo", "US-WA"), {"US", "US-WA"}, True),
        (in_places("EqualTo", "US-CA"), {"US", "US-WA"}, False),
        (in_places("EqualTo", "US-WA"), {"US"}, False),
        (in_places("In", "DE", "US"), {"US"}, True),
        (in_places("NotIn", "DE", "US"), {"US"}, False),
        (in_places("NotEqualTo", "DE"), {"US"}, True),
        (in_places("NotEqualTo", "DE"), None, False),
    ],
)
def test_a_country_holds_its_parts_and_an_unknown_place_meets_nothing(
    wanted: dict[str, Any], here: set[str] | None, is_met: bool
):
    value: Value | None = None if here is None else frozenset(here)
    assert requirements.meets(wanted, value) == is_met


@pytest.mark.parametrize(
    ("more", "guarded"),
    [
        ({}, {"accept"}),
        ({"ActionsGuarded": "Accept"}, {"accept"}),
        ({"ActionsGuarded": "PreviewAndAccept"}, {"accept", "preview"}),
        ({"ActionsGuarded": "DiscoverPreviewAndAccept"}, {"accept", "preview", "discover"}),
        ({"RequiredToPreview": True}, {"accept", "preview"}),
        ({"RequiredToPreview": False}, {"accept"}),
    ],
)
def test_actions_are_guarded_as_the_requirement_says(more: dict[str, Any], guarded: set[str]):
    wanted = required("Exists", **more)
    actions = ("accept", "preview", "discover")
    assert {action for action in actions if requirements.guards(wanted, action)} == guarded


@pytest.mark.parametrize(
    "wanted",
    [
        required("Exists", 1),
        required("DoesNotExist", 1),
        required("EqualTo"),
        required("EqualTo", 1, 2),
        required("GreaterThan", 1, 2),
        required("In"),
        required("In", *range(16)),
        {**required("EqualTo", 1), "LocaleValues": [{"Country": "US"}]},
        {**in_places("EqualTo", "US"), "IntegerValues": [1]},
        in_places("EqualTo", "US", "DE"),
        in_places("GreaterThan", "US"),
        in_places("Exists"),
        in_places("In", *("US",) * 31),
    ],
)
def test_values_that_do_not_fit_their_comparator_are_refused(wanted: dict[str, Any]):
    with pytest.raises(Refused) as refused:
        requirements.check([wanted])
    assert refused.value.kind == "ParameterValidationError"


def test_fitting_requirements_pass():
    requirements.check(
        [
            required("In", *range(15)),
            required("Exists"),
            required("LessThan", -3),
            in_places("In", *("US",) * 30),
            in_places("NotEqualTo", "US-WA"),
        ]
    )


def test_eleven_are_too_many():
    requirements.check([required("Exists")] * 10)
    with pytest.raises(Refused, match="at most 10"):
        requirements.check([required("Exists")] * 11)


@pytest.mark.contract(13)
@pytest.mark.parametrize("is_required", [True, False])
def test_both_words_for_guarding_are_refused_together(is_required: bool):
    wanted = required("Exists", ActionsGuarded="Accept", RequiredToPreview=is_required)
    with pytest.raises(Refused) as refused:
        requirements.check([wanted])
    assert refused.value.kind == "InvalidParameterCombinationError"


@pytest.mark.contract(70)
@pytest.mark.parametrize(
    ("approved", "rejected", "rate"),
    [(0, 0, 100), (0, 99, 100), (50, 49, 100), (50, 50, 50), (0, 100, 0), (999, 1, 99), (100, 0, 100)],
)
def test_the_approval_rate_reads_full_below_a_hundred_assignments(approved: int, rejected: int, rate: int):
    assert percent_approved(approved, rejected) == rate


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (required("GreaterThanOrEqualTo", 95), "Rate: must be at least 95"),
        (required("In", 1, 2), "Rate: must be 1 or 2"),
        (required("NotEqualTo", 1), "Rate: must not be 1"),
        (required("Exists"), "Rate: you must have it"),
        (required("DoesNotExist"), "Rate: you must not have it"),
        (in_places("In", "US-WA", "DE"), "Rate: must be DE or US-WA"),
    ],
)
def test_a_requirement_can_be_read_by_a_worker(wanted: dict[str, Any], said: str):
    assert requirements.in_words(wanted, "Rate") == said
