"""Answers as XML: nothing is lost that XML can hold, and nothing is in it that programs do not expect."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowd.errors import Unprocessable
from crowd.questions import answers, read_form
from crowd.questions.answers import NAMESPACE, RESERVED, UNWRITABLE, Answer

NAMES = st.text(min_size=1, max_size=12).filter(lambda name: name not in RESERVED)
FIELDS = st.lists(st.tuples(NAMES, st.text(max_size=40)), max_size=8)


def pairs(xml: str) -> list[tuple[str, str]]:
    """Read the answers as an independent program does."""
    space = f"{{{NAMESPACE}}}"
    root = ElementTree.fromstring(xml.encode("ascii"))
    assert root.tag == f"{space}QuestionFormAnswers"
    return [
        (answer.findtext(f"{space}QuestionIdentifier") or "", answer.findtext(f"{space}FreeText") or "")
        for answer in root
    ]


@pytest.mark.contract(67)
@given(FIELDS)
def test_every_field_comes_through_as_it_was_in_its_order(fields: list[tuple[str, str]]):
    xml = answers.write(fields)
    assert xml.isascii()
    assert pairs(xml) == [(UNWRITABLE.sub("", name), UNWRITABLE.sub("", value)) for name, value in fields]
    assert [answer.values for answer in answers.read(xml)] == [
        (("FreeText", value),) for _, value in pairs(xml)
    ]


@pytest.mark.contract(67)
def test_other_letters_are_numeric_entities():
    xml = answers.write([("q", "é & <x> ☃\r\n👋")])
    assert xml == (
        '<?xml version="1.0" encoding="ASCII"?><QuestionFormAnswers '
        'xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/'
        'QuestionFormAnswers.xsd"><Answer><QuestionIdentifier>q</QuestionIdentifier>'
        "<FreeText>&#233; &amp; &lt;x&gt; &#9731;&#13;\n&#128075;</FreeText></Answer></QuestionFormAnswers>"
    )


@pytest.mark.contract(67)
def test_the_frames_own_fields_are_dropped_and_repeated_ones_kept():
    given = [("assignmentId", "A"), ("b", "1"), ("a", ""), ("b", "2"), ("hitId", "H"), ("", "nameless")]
    assert pairs(answers.write([*given, ("turkSubmitTo", "x"), ("workerId", "w")])) == [
        ("b", "1"),
        ("a", ""),
        ("b", "2"),
    ]
    assert pairs(answers.write([])) == []


def test_nothing_but_the_frames_own_fields_is_empty():
    assert answers.is_empty([("assignmentId", "A"), ("", "x")])
    assert not answers.is_empty([("assignmentId", "A"), ("q", "")])


QUESTIONS = """
<QuestionForm xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2017-11-06/QuestionForm.xsd">
<Question><QuestionIdentifier>age</QuestionIdentifier><DisplayName>Your age</DisplayName>
<IsRequired>true</IsRequired><QuestionContent><Text>How old?</Text></QuestionContent>
<AnswerSpecification><FreeTextAnswer><Constraints><IsNumeric minValue="18" maxValue="120"/>
<Length minLength="1" maxLength="3"/></Constraints></FreeTextAnswer></AnswerSpecification></Question>
<Question><QuestionIdentifier>pets</QuestionIdentifier><QuestionContent><Text>Which?</Text></QuestionContent>
<AnswerSpecification><SelectionAnswer><MinSelectionCount>1</MinSelectionCount>
<MaxSelectionCount>2</MaxSelectionCount><StyleSuggestion>checkbox</StyleSuggestion><Selections>
<Selection><SelectionIdentifier>cat</SelectionIdentifier><Text>Cat</Text></Selection>
<Selection><SelectionIdentifier>dog</SelectionIdentifier><Text>Dog</Text></Selection>
<OtherSelection/></Selections></SelectionAnswer></AnswerSpecification></Question>
<Question><QuestionIdentifier>one</QuestionIdentifier><QuestionContent><Text>One?</Text></QuestionContent>
<AnswerSpecification><SelectionAnswer><Selections>
<Selection><SelectionIdentifier>y</SelectionIdentifier><Text>Yes</Text></Selection>
<OtherSelection/></Selections></SelectionAnswer></AnswerSpecification></Question>
</QuestionForm>
"""
FORM = read_form(QUESTIONS)


def answered(*fields: tuple[str, str]) -> list[Answer]:
    return answers.read(answers.write(fields, FORM))


@pytest.mark.contract(67)
def test_a_forms_selections_are_identifiers_and_words_beside_them_a_field_of_their_own():
    found = answered(
        ("pets.other", "a newt"),
        ("pets", "dog"),
        ("pets", "ghost"),
        ("age", "30"),
        ("more", "x"),
        ("age", "9"),
    )
    assert found == [
        Answer("age", (("FreeText", "30"),)),
        Answer("pets", (("SelectionIdentifier", "dog"), ("OtherSelectionField", "a newt"))),
    ]


def test_words_typed_before_another_choice_was_made_do_not_count():
    assert answered(("age", "30"), ("one", "y"), ("one.other", "no"))[1] == Answer(
        "one", (("SelectionIdentifier", "y"),)
    )
    assert answered(("age", "30"), ("one", ""), ("one.other", "no"))[1] == Answer(
        "one", (("OtherSelectionField", "no"),)
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([], "Your age: has to be answered"),
        ([("age", " ")], "has to be answered"),
        ([("age", "x")], "must be a number from 18 to 120"),
        ([("age", "nan")], "must be a number"),
        ([("age", "17")], "must be a number from 18"),
        ([("age", "1000")], "takes 3 characters at most"),
        (
            [("age", "30"), ("pets", "cat"), ("pets", "dog"), ("pets.other", "x")],
            "takes 2 selections at most",
        ),
    ],
)
def test_answers_that_a_form_does_not_allow_are_told(fields: list[tuple[str, str]], said: str):
    with pytest.raises(Unprocessable, match=said):
        answers.write(fields, FORM)
