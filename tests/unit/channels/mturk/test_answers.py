"""Answer XML is read as the protocol writes it, whatever is missing, doubled or strange."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowd.channels.mturk import answers, handed_in
from crowd.channels.mturk.answers import Malformed
from tests.fakes.turk import answer_xml

XMLNS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/QuestionFormAnswers.xsd"
# XML knows no control characters, and reads every line end as one.
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


def wrapped(inner: str) -> str:
    head = '<?xml version="1.0" encoding="ASCII"?>'
    return f'{head}<QuestionFormAnswers xmlns="{XMLNS}">{inner}</QuestionFormAnswers>'


@pytest.mark.contract(67)
def test_what_a_worker_wrote_comes_back_intact() -> None:
    xml = answer_xml([("label", "é & <x> ☃")])
    assert xml.isascii()
    assert answers.read(xml) == {"label": ("é & <x> ☃",)}


@pytest.mark.contract(67)
@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), TEXTS.filter(bool)), max_size=5))
def test_one_none_and_repeated_answers_are_read(fields: list[tuple[str, str]]) -> None:
    found = answers.read(answer_xml(fields))
    assert found == {name: tuple(value for field, value in fields if field == name) for name, _ in fields}


@pytest.mark.contract(67)
@pytest.mark.parametrize(
    ("inner", "found"),
    [
        ("", {}),
        ("<Answer><QuestionIdentifier>a</QuestionIdentifier><FreeText/></Answer>", {"a": ()}),
        ("<Answer><QuestionIdentifier>a</QuestionIdentifier></Answer>", {"a": ()}),
        ("<Answer><FreeText>nobody's</FreeText></Answer>", {}),
        ("<Other/>", {}),
        (
            (
                "<Answer><QuestionIdentifier>a</QuestionIdentifier>"
                "<SelectionIdentifier>x</SelectionIdentifier><SelectionIdentifier>y</SelectionIdentifier></Answer>"
            ),
            {"a": ("x", "y")},
        ),
    ],
)
def test_empty_and_absent_parts_are_tolerated(inner: str, found: dict[str, tuple[str, ...]]) -> None:
    assert answers.read(wrapped(inner)) == found


def test_an_empty_text_holds_no_answers() -> None:
    assert answers.read("") == answers.read("  \n") == {}


def test_a_crowd_form_is_unpacked() -> None:
    form = [{"sentiment": {"label": "Positive"}, "note": "é", "tags": ["x"], "sure": True, "empty": ""}]
    assert answers.read(answer_xml([("taskAnswers", json.dumps(form))])) == {
        "sentiment": ("Positive",),
        "note": ("é",),
        "tags": ('["x"]',),
        "sure": ("true",),
        "empty": (),
    }


def test_a_field_that_is_only_called_like_a_crowd_form_is_left_alone() -> None:
    assert answers.read(answer_xml([("taskAnswers", "words")])) == {"taskAnswers": ("words",)}


@pytest.mark.parametrize(
    "xml",
    [
        "words",
        "<a>",
        "<a/>",
        wrapped("&nbsp;"),
        '<!DOCTYPE x [<!ENTITY a "aa">]><QuestionFormAnswers>&a;</QuestionFormAnswers>',
        "<QuestionFormAnswers>" + " " * answers.LONGEST + "</QuestionFormAnswers>",
    ],
)
def test_what_is_no_answer_xml_is_named(xml: str) -> None:
    with pytest.raises(Malformed):
        answers.read(xml)


@pytest.mark.parametrize(
    "form",
    [
        "[]",
        "1",
        "{",
        '{"answers": 1}',
        '{"skips": {"q1": "broken"}}',
        '{"seconds": "1"}',
        '{"times": {"q1": -1}}',
    ],
)
def test_a_page_that_says_something_else_is_refused(form: str) -> None:
    with pytest.raises(Malformed):
        handed_in.said(answer_xml([("crowd", form)]))


def test_plain_fields_are_answers_too() -> None:
    said = handed_in.said(answer_xml([("q1", "a"), ("q2", "x"), ("q2", "y")]))
    assert said.answers == {"q1": "a", "q2": ["x", "y"]}
