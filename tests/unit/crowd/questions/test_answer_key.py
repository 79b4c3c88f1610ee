"""The key of a qualification test: read with care, and worth what the manual says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowd.questions import answer_key
from crowd.questions.answer_key import NAMESPACE
from crowd.questions.tree import Malformed

# The manual's own example.
MOVE = (
    "<Question><QuestionIdentifier>nextmove</QuestionIdentifier>"
    "<AnswerOption><SelectionIdentifier>D</SelectionIdentifier><AnswerScore>5</AnswerScore></AnswerOption></Question>"
)
FRUIT = (
    "<Question><QuestionIdentifier>favoritefruit</QuestionIdentifier>"
    "<AnswerOption><SelectionIdentifier>apples</SelectionIdentifier><AnswerScore>10</AnswerScore></AnswerOption>"
    "</Question>"
)
PERCENTAGE = "<PercentageMapping><MaximumSummedScore>15</MaximumSummedScore></PercentageMapping>"


def key(*questions: str, mapping: str = "") -> str:
    mapped = f"<QualificationValueMapping>{mapping}</QualificationValueMapping>" if mapping else ""
    return f'<AnswerKey xmlns="{NAMESPACE}">{"".join(questions)}{mapped}</AnswerKey>'


def scored(xml: str, **answers: str) -> int:
    given = {question: frozenset(text.split()) for question, text in answers.items()}
    return answer_key.read(xml).value(given)


def test_the_sum_is_the_value_without_a_mapping():
    assert scored(key(MOVE, FRUIT), nextmove="D", favoritefruit="apples") == 15
    assert scored(key(MOVE, FRUIT), nextmove="D", favoritefruit="pears") == 5
    assert scored(key(MOVE, FRUIT)) == 0


def test_a_percentage_is_rounded_to_the_nearest_whole():
    xml = key(MOVE, FRUIT, mapping=PERCENTAGE)
    assert scored(xml, nextmove="D", favoritefruit="apples") == 100
    assert scored(xml, nextmove="D") == 33
    assert scored(xml, favoritefruit="apples") == 67


def test_all_selections_and_no_others_earn_the_score():
    several = (
        "<Question><QuestionIdentifier>q</QuestionIdentifier>"
        "<AnswerOption><SelectionIdentifier>a</SelectionIdentifier><SelectionIdentifier>b</SelectionIdentifier>"
        "<AnswerScore>3</AnswerScore></AnswerOption>"
        "<AnswerOption><SelectionIdentifier>a</SelectionIdentifier><AnswerScore>-1</AnswerScore></AnswerOption>"
        "<DefaultScore>-5</DefaultScore></Question>"
    )
    values = {given: scored(key(several), q=given) for given in ("a b", "b a", "a", "b", "a b c", "")}
    assert values == {"a b": 3, "b a": 3, "a": -1, "b": -5, "a b c": -5, "": -5}


def test_a_scale_multiplies_exactly():
    mapping = "<ScaleMapping><SummedScoreMultiplier>0.3</SummedScoreMultiplier></ScaleMapping>"
    assert scored(key(FRUIT, mapping=mapping), favoritefruit="apples") == 3
    half = "<ScaleMapping><SummedScoreMultiplier>0.25</SummedScoreMultiplier></ScaleMapping>"
    assert scored(key(FRUIT, mapping=half), favoritefruit="apples") == 3  # 2.5


@pytest.mark.parametrize(("choice", "value"), [("a", 1), ("b", 1), ("c", 0)])
def test_ranges_include_both_bounds(choice: str, value: int):
    options = "".join(
        f"<AnswerOption><SelectionIdentifier>{each}</SelectionIdentifier><AnswerScore>{score}</AnswerScore>"
        "</AnswerOption>"
        for each, score in (("a", 5), ("b", 7), ("c", 8))
    )
    question = f"<Question><QuestionIdentifier>q</QuestionIdentifier>{options}</Question>"
    mapping = (
        "<RangeMapping><SummedScoreRange><InclusiveLowerBound>5</InclusiveLowerBound><InclusiveUpperBound>7"
        "</InclusiveUpperBound><QualificationValue>1</QualificationValue></SummedScoreRange>"
        "<OutOfRangeQualificationValue>0</OutOfRangeQualificationValue></RangeMapping>"
    )
    assert scored(key(question, mapping=mapping), q=choice) == value


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        ("<AnswerKey", "error parsing the XML"),
        (key(MOVE).replace("AnswerKey.xsd", "Other.xsd"), "must be AnswerKey in the namespace"),
        (key(), "must hold Question"),
        (key(MOVE.replace("<AnswerScore>5</AnswerScore>", "")), "AnswerOption holds SelectionIdentifier"),
        (key(MOVE.replace(">5<", ">five<")), "AnswerScore must be a number, not 'five'"),
        (key(MOVE.replace(">5<", ">5e9999<")), "AnswerScore must be a number"),
        (key(MOVE.replace(">5<", ">2.5<")), "AnswerScore must be a whole number"),
        (key(MOVE.replace(">nextmove<", "> <")), "QuestionIdentifier must not be empty"),
        (key(MOVE, mapping=PERCENTAGE.replace("15", "0")), "MaximumSummedScore must be above 0"),
        (key(MOVE, mapping="<Other/>"), "must hold PercentageMapping"),
        ('<!DOCTYPE x [<!ENTITY e "e">]>' + key(MOVE), "error parsing the XML"),
    ],
)
def test_what_is_no_key_is_refused_with_where_it_is_not(xml: str, said: str):
    with pytest.raises(Malformed, match=said):
        answer_key.read(xml)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=8))
def test_a_test_answered_by_the_key_scores_the_sum(scores: list[int]):
    questions = [
        f"<Question><QuestionIdentifier>q{number}</QuestionIdentifier><AnswerOption><SelectionIdentifier>s"
        f"</SelectionIdentifier><AnswerScore>{score}</AnswerScore></AnswerOption></Question>"
        for number, score in enumerate(scores)
    ]
    assert scored(key(*questions), **{f"q{number}": "s" for number in range(len(scores))}) == sum(scores)


def test_values_of_a_question_are_gathered_however_they_are_written():
    def answer(question: str, *values: tuple[str, str]) -> str:
        held = "".join(f"<{kind}>{value}</{kind}>" for kind, value in values)
        return f"<Answer><QuestionIdentifier>{question}</QuestionIdentifier>{held}</Answer>"

    written = (
        answer("q", ("SelectionIdentifier", "a"), ("SelectionIdentifier", "b")),
        answer("p", ("FreeText", " x ")),
        answer("p", ("FreeText", "y")),
        answer("e", ("FreeText", "")),
    )
    xml = f"<QuestionFormAnswers>{''.join(written)}</QuestionFormAnswers>"
    assert answer_key.given(xml) == {"q": {"a", "b"}, "p": {"x", "y"}, "e": frozenset()}
