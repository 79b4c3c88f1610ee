"""Review policies: read as programs write them, and scored as the manual's own tables say."""

from __future__ import annotations

from typing import Any

import pytest

from crowd.services.market import policy_terms
from crowd.services.market.policy_terms import KNOWN_ANSWERS, PLURALITY
from crowd.services.market.refusals import Refused


def known(key: dict[str, list[str]] | None = None, **parameters: str) -> dict[str, Any]:
    entries = [{"Key": name, "Values": values} for name, values in (key or {"q": ["a"]}).items()]
    given = [{"Key": name, "Values": [value]} for name, value in parameters.items()]
    return {"PolicyName": KNOWN_ANSWERS, "Parameters": [{"Key": "AnswerKey", "MapEntries": entries}, *given]}


def plural(*questions: str, **parameters: str) -> dict[str, Any]:
    defaults = {"QuestionAgreementThreshold": "50", **parameters}
    given = [{"Key": name, "Values": [value]} for name, value in defaults.items()]
    return {
        "PolicyName": PLURALITY,
        "Parameters": [{"Key": "QuestionIds", "Values": list(questions)}, *given],
    }


def answers(**values: str) -> dict[str, frozenset[str]]:
    return {question: frozenset(value.split("|")) for question, value in values.items()}


def test_an_answer_is_known_when_it_is_just_so():
    terms = policy_terms.known_answers(known({"one": [" a "], "two": ["a", "b"], "none": []}))
    assert terms.correct(answers(one="a", two="b|a")) == {"one": True, "two": True, "none": True}
    assert terms.correct(answers(one="A", two="a", none="x")) == {"one": False, "two": False, "none": False}
    assert terms.correct(answers(one="a|b", two="a|b|c"))["one"] is False


def test_the_manuals_table_of_agreement():
    terms = policy_terms.plurality(plural("A", "B", "C", "D"))
    workers = [
        answers(A="coat", B="blue", C="large", D="Furry"),
        answers(A="sweater", B="blue", C="large", D="fur"),
        answers(A="coat", B="green", C="large", D="furr"),
    ]
    agreed = terms.agreed(workers)
    assert {question: (set(found.answer), found.score) for question, found in agreed.items()} == {
        "A": ({"coat"}, 66),
        "B": ({"blue"}, 66),
        "C": ({"large"}, 100),
    }
    assert policy_terms.percent(len(agreed), 4) == 75


def test_agreement_has_to_exceed_the_threshold_unless_all_agree():
    half = [answers(q="a"), answers(q="a"), answers(q="b"), answers(q="c")]
    assert policy_terms.plurality(plural("q", QuestionAgreementThreshold="50")).agreed(half) == {}
    assert policy_terms.plurality(plural("q", QuestionAgreementThreshold="49")).agreed(half).keys() == {"q"}
    full = policy_terms.plurality(plural("q", QuestionAgreementThreshold="100"))
    assert full.agreed([answers(q="a")] * 3).keys() == {"q"}
    assert full.agreed(half) == {}


def test_a_tie_agrees_on_nothing_and_long_answers_do_not_count():
    low = policy_terms.plurality(plural("q", QuestionAgreementThreshold="10"))
    assert low.agreed([answers(q="a"), answers(q="b")]) == {}
    assert low.agreed([answers(q="x" * 257)] * 3) == {}
    assert low.agreed([answers(q="x" * 256)] * 3).keys() == {"q"}
    assert low.agreed([]) == {}


def test_parameters_are_read_in_the_spellings_of_the_manual():
    listed = plural("a, b", "c", ApproveIfWorkerAgreementScoreIsNotLessThan="90")
    listed["Parameters"][0]["Key"] = "QuestionIDs"
    terms = policy_terms.plurality(listed)
    assert terms.questions == ("a", "b", "c")
    assert terms.deeds.approve_at == 90
    assert policy_terms.plurality(plural("q", DisregardAssignmentIfRejected="T")).is_rejected_left_out


def test_defaults_do_nothing():
    deeds = policy_terms.known_answers(known()).deeds
    assert (deeds.approve_at, deeds.reject_below, deeds.extend_below) == (None, None, None)
    assert deeds.extend_to == 5


@pytest.mark.parametrize(
    "policy",
    [
        known({"q": ["a"]}, ApproveIfKnownAnswerScoreIsAtLeast="102"),
        known({"q": ["a"]}, ApproveIfKnownAnswerScoreIsAtLeast="-1"),
        known({"q": ["a"]}, ApproveIfKnownAnswerScoreIsAtLeast="half"),
        known({"q": ["a"]}, ExtendMaximumAssignments="26"),
        known({"q": ["a"]}, ExtendMinimumTimeInSeconds="59"),
        known({"q": ["a"]}, ApproveIfGood="1"),
        {"PolicyName": KNOWN_ANSWERS},
        {"PolicyName": "ScoreYourKnownAnswers/2011-09-01"},
        plural("q"),
    ],
)
def test_what_is_no_policy_of_assignments_is_refused(policy: dict[str, Any]):
    with pytest.raises(Refused) as refused:
        policy_terms.known_answers(policy)
    assert refused.value.kind == "ParameterValidationError"


@pytest.mark.parametrize(
    "policy",
    [
        plural(),
        plural(""),
        plural("q", QuestionAgreementThreshold="101"),
        plural("q", ExtendIfHITAgreementScoreIsLessThan="50"),
        plural("q", ExtendIfHITAgreementScoreIsLessThan="0"),
        {"PolicyName": PLURALITY, "Parameters": [{"Key": "QuestionIds", "Values": ["q"]}]},
        known(),
    ],
)
def test_what_is_no_policy_of_hits_is_refused(policy: dict[str, Any]):
    with pytest.raises(Refused):
        policy_terms.plurality(policy)
