"""AnswerKey: what the answers to a qualification test are worth, read from XML and applied."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from xml.etree.ElementTree import Element

from crowd.questions import answers as documents
from crowd.questions.tree import SCHEMAS, Malformed, children, name, namespace, parse, text

NAMESPACE = f"{SCHEMAS}2005-10-01/AnswerKey.xsd"
MAPPINGS = "PercentageMapping|ScaleMapping|RangeMapping"
# No exponent: it would make a number of any length.
NUMBER = re.compile(r"[-+]?[0-9]{1,9}(\.[0-9]{0,9})?")


@dataclass(frozen=True, slots=True)
class Option:
    """One combination of selections; it counts when these were selected and no others."""

    selections: frozenset[str]
    score: int


@dataclass(frozen=True, slots=True)
class QuestionKey:
    """The combinations of one question that are worth something, and what all others are."""

    question: str
    options: tuple[Option, ...]
    default: int

    def score(self, selected: frozenset[str]) -> int:
        """Return what these selections are worth."""
        fitting = (option.score for option in self.options if option.selections == selected)
        return next(fitting, self.default)


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """The keys of a test's questions, and how their sum becomes the qualification's value."""

    questions: tuple[QuestionKey, ...]
    value_of: Callable[[int], Decimal]

    def value(self, answers: Mapping[str, frozenset[str]]) -> int:
        """Score a test from what was selected, by question; a half is rounded away from zero."""
        total = sum(key.score(answers.get(key.question, frozenset())) for key in self.questions)
        return int(self.value_of(total).quantize(Decimal(1), ROUND_HALF_UP))


def read(xml: str) -> AnswerKey:
    """Return the key in a document.

    Raises:
        Malformed: it is no AnswerKey; the message is what the protocol answers.
    """
    root = parse(xml)
    if (name(root), namespace(root)) != ("AnswerKey", NAMESPACE):
        raise Malformed(f"The root element must be AnswerKey in the namespace {NAMESPACE}, not {root.tag}")
    found = children(root, "Question+ QualificationValueMapping?")
    mapping = found.get("QualificationValueMapping")
    return AnswerKey(
        tuple(_question(each) for each in found["Question"]), _mapping(mapping[0]) if mapping else Decimal
    )


def given(xml: str) -> dict[str, frozenset[str]]:
    """Return the values a QuestionFormAnswers document holds, by question, without spaces around them."""
    found: dict[str, frozenset[str]] = {}
    for answer in documents.read(xml):
        values = frozenset(filter(None, (value.strip() for _, value in answer.values)))
        found[answer.question] = found.get(answer.question, frozenset()) | values
    return found


def _question(element: Element) -> QuestionKey:
    found = children(element, "QuestionIdentifier AnswerOption* DefaultScore?")
    default = found.get("DefaultScore")
    return QuestionKey(
        _filled(found["QuestionIdentifier"][0]),
        tuple(_option(each) for each in found.get("AnswerOption", ())),
        _whole(default[0]) if default else 0,
    )


def _option(element: Element) -> Option:
    found = children(element, "SelectionIdentifier+ AnswerScore")
    selections = frozenset(_filled(each) for each in found["SelectionIdentifier"])
    return Option(selections, _whole(found["AnswerScore"][0]))


def _mapping(element: Element) -> Callable[[int], Decimal]:
    children(element, MAPPINGS)
    return {"PercentageMapping": _percentage, "ScaleMapping": _scale, "RangeMapping": _ranges}[
        name(element[0])
    ](element[0])


def _percentage(element: Element) -> Callable[[int], Decimal]:
    maximum = _whole(children(element, "MaximumSummedScore")["MaximumSummedScore"][0])
    if maximum <= 0:
        raise Malformed("Element MaximumSummedScore must be above 0")
    return lambda total: Decimal(total) * 100 / maximum


def _scale(element: Element) -> Callable[[int], Decimal]:
    multiplier = _number(children(element, "SummedScoreMultiplier")["SummedScoreMultiplier"][0])
    return lambda total: total * multiplier


def _ranges(element: Element) -> Callable[[int], Decimal]:
    found = children(element, "SummedScoreRange+ OutOfRangeQualificationValue")
    bounds = tuple(_range(each) for each in found["SummedScoreRange"])
    return partial(_ranged, bounds, _whole(found["OutOfRangeQualificationValue"][0]))


def _ranged(bounds: tuple[tuple[int, int, int], ...], otherwise: int, total: int) -> Decimal:
    return Decimal(next((value for low, high, value in bounds if low <= total <= high), otherwise))


def _range(element: Element) -> tuple[int, int, int]:
    found = children(element, "InclusiveLowerBound InclusiveUpperBound QualificationValue")
    low, high, value = (_whole(each[0]) for each in found.values())
    return low, high, value


def _whole(element: Element) -> int:
    number = _number(element)
    if number != number.to_integral_value():
        raise Malformed(f"Element {name(element)} must be a whole number, not {number}")
    return int(number)


def _number(element: Element) -> Decimal:
    written = _filled(element)
    if not NUMBER.fullmatch(written):
        raise Malformed(f"Element {name(element)} must be a number, not {written!r}")
    return Decimal(written)


def _filled(element: Element) -> str:
    written = text(element).strip()
    if not written:
        raise Malformed(f"Element {name(element)} must not be empty")
    return written
