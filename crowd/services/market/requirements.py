"""Requirements of workers as the protocol has them: what may be asked for, and what meets it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

from crowd.services.market import limits
from crowd.services.market.refusals import Refused

NUMBER_APPROVED = "00000000000000000040"
PERCENT_APPROVED = "000000000000000000L0"
LOCALE = "00000000000000000071"
ADULT = "00000000000000000060"
MASTERS = "2F1QJWKUDD8XADTFD2Q0G6UTO95ALH"
MASTERS_SANDBOX = "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6"

MOST_REQUIREMENTS = 10
MOST_NUMBERS = 15
MOST_PLACES = 30

Action = Literal["accept", "preview", "discover"]
Requirement = Mapping[str, Any]
# A number, or all the places somebody is in: "US" and, where it is known, "US-WA".
Value = int | frozenset[str]

GUARDED: dict[str, frozenset[Action]] = {
    "Accept": frozenset({"accept"}),
    "PreviewAndAccept": frozenset({"accept", "preview"}),
    "DiscoverPreviewAndAccept": frozenset({"accept", "preview", "discover"}),
}
ORDERS: dict[str, tuple[Callable[[int, int], bool], str]] = {
    "LessThan": (operator.lt, "below"),
    "LessThanOrEqualTo": (operator.le, "at most"),
    "GreaterThan": (operator.gt, "above"),
    "GreaterThanOrEqualTo": (operator.ge, "at least"),
}
POSITIVE = frozenset({"EqualTo", "In"})
SETS = frozenset({"In", "NotIn"})
PRESENCE = frozenset({"Exists", "DoesNotExist"})


def guards(requirement: Requirement, action: Action) -> bool:
    """Tell whether a worker who does not meet this may not do that."""
    is_previewed = requirement.get("RequiredToPreview", False)
    named = requirement.get("ActionsGuarded", "PreviewAndAccept" if is_previewed else "Accept")
    return action in GUARDED[named]


def meets(requirement: Requirement, value: Value | None) -> bool:
    """Tell whether a score meets a requirement; without a score only its absence can be met."""
    comparator = requirement["Comparator"]
    if comparator in PRESENCE:
        return bool((value is None) == (comparator == "DoesNotExist"))
    if value is None:
        return False
    if comparator in ORDERS:
        return isinstance(value, int) and ORDERS[comparator][0](value, requirement["IntegerValues"][0])
    return _is_among(value, requirement) == (comparator in POSITIVE)


def check(requirements: Sequence[Requirement]) -> None:
    """Raise unless these are requirements that a HIT may have, each by itself."""
    if len(requirements) > MOST_REQUIREMENTS:
        raise limits.invalid(f"A HIT can have at most {MOST_REQUIREMENTS} QualificationRequirements.")
    for requirement in requirements:
        if "ActionsGuarded" in requirement and "RequiredToPreview" in requirement:
            raise Refused(
                "ActionsGuarded and RequiredToPreview must not be used together; use ActionsGuarded alone.",
                kind="InvalidParameterCombinationError",
            )
        _check_values(requirement)


def in_words(requirement: Requirement, name: str) -> str:
    """Say what a requirement asks for, as a worker may read it."""
    comparator = requirement["Comparator"]
    if comparator in PRESENCE:
        return f"{name}: you must {'have' if comparator == 'Exists' else 'not have'} it"
    wanted = [str(number) for number in requirement.get("IntegerValues") or ()] or sorted(places(requirement))
    if comparator in ORDERS:
        return f"{name}: must be {ORDERS[comparator][1]} {wanted[0]}"
    return f"{name}: must {'' if comparator in POSITIVE else 'not '}be {' or '.join(wanted)}"


def places(requirement: Requirement) -> frozenset[str]:
    """Return the places a requirement names, each as "US" or "US-WA"."""
    return frozenset(
        "-".join(filter(None, (place["Country"], place.get("Subdivision"))))
        for place in requirement.get("LocaleValues") or ()
    )


def _is_among(value: Value, requirement: Requirement) -> bool:
    if isinstance(value, int):
        return value in (requirement.get("IntegerValues") or ())
    return bool(value & places(requirement))


def _check_values(requirement: Requirement) -> None:
    comparator, is_locale = requirement["Comparator"], requirement["QualificationTypeId"] == LOCALE
    fitting, other = ("LocaleValues", "IntegerValues") if is_locale else ("IntegerValues", "LocaleValues")
    given: Collection[Any] = requirement.get(fitting) or ()
    if requirement.get(other):
        raise limits.invalid(f"{other} cannot be used with the qualification type {_type(requirement)}.")
    if is_locale and comparator in ORDERS.keys() | PRESENCE:
        raise limits.invalid(f"The comparator {comparator} cannot be used with a locale.")
    if comparator in PRESENCE:
        low, high = 0, 0
    elif comparator in SETS:
        low, high = 1, MOST_PLACES if is_locale else MOST_NUMBERS
    else:
        low, high = 1, 1
    if not low <= len(given) <= high:
        count = f"{low} to {high}" if low < high else f"exactly {low}" if low else "no"
        raise limits.invalid(f"The comparator {comparator} takes {count} {fitting}, not {len(given)}.")


def _type(requirement: Requirement) -> str:
    return str(requirement["QualificationTypeId"])
