"""Review policies: what they find, what they do by the rules of the calls, and how programs read of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.market.conftest import Market

KNOWN, PLURALITY = "ScoreMyKnownAnswers/2011-09-01", "SimplePlurality/2011-09-01"


def known(key: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
    entries = [{"Key": name, "Values": [value]} for name, value in (key or {"q": "a"}).items()]
    given = [{"Key": name, "Values": [str(value)]} for name, value in parameters.items()]
    return {"PolicyName": KNOWN, "Parameters": [{"Key": "AnswerKey", "MapEntries": entries}, *given]}


def plural(*questions: str, **parameters: Any) -> dict[str, Any]:
    defaults = {"QuestionAgreementThreshold": 50, **parameters}
    given = [{"Key": name, "Values": [str(value)]} for name, value in defaults.items()]
    return {
        "PolicyName": PLURALITY,
        "Parameters": [{"Key": "QuestionIds", "Values": list(questions)}, *given],
    }


def report(market: Market, hit_id: str, level: str = "Assignment", **terms: Any) -> dict[str, Any]:
    given = {"MaxResults": 100, "PolicyLevels": [level], **terms}
    return dict(
        market.client.list_review_policy_results_for_hit(HITId=hit_id, **given)[f"{level}ReviewReport"]
    )


def deeds(market: Market, hit_id: str, level: str = "Assignment") -> list[tuple[str, str, str]]:
    actions = report(market, hit_id, level)["ReviewActions"]
    return [(each["ActionName"], each["Status"], each["Result"]) for each in actions]


def state(market: Market, assignment_id: str) -> str:
    return str(market.client.get_assignment(AssignmentId=assignment_id)["Assignment"]["AssignmentStatus"])


def test_known_answers_score_an_assignment_when_it_is_submitted(market: Market):
    hit = market.create(AssignmentReviewPolicy=known({"q": "a", "p": "b"}))
    assignment_id = market.done("bo", hit["HITId"], q=" a ", p="B")
    found = report(market, hit["HITId"])
    keyed = {(each.get("QuestionId"), each["Key"]): each["Value"] for each in found["ReviewResults"]}
    assert keyed == {
        ("q", "KnownAnswerCorrect"): "1",
        ("p", "KnownAnswerCorrect"): "0",
        (None, "KnownAnswerScore"): "50",
    }
    assert {(each["SubjectId"], each["SubjectType"]) for each in found["ReviewResults"]} == {
        (assignment_id, "Assignment")
    }
    [action] = found["ReviewActions"]
    assert (action["ActionName"], action["Status"], action["CompleteTime"]) == (
        "review",
        "Succeeded",
        market.clock(),
    )
    assert state(market, assignment_id) == "Submitted"


def test_thresholds_approve_and_reject_by_the_rules_of_the_calls(market: Market):
    policy = known(ApproveIfKnownAnswerScoreIsAtLeast=100, RejectIfKnownAnswerScoreIsLessThan=100)
    hit = market.create(MaxAssignments=2, AssignmentReviewPolicy=policy)
    before = market.account
    right = market.done("bo", hit["HITId"], q="a")
    wrong = market.done("cy", hit["HITId"], q="b")
    assert (state(market, right), state(market, wrong)) == ("Approved", "Rejected")
    assert market.account.spent - before.spent == 60_000  # the reward and its fee, once
    assert market.account.held == 0
    rejected = market.client.get_assignment(AssignmentId=wrong)["Assignment"]
    assert "not right" in rejected["RequesterFeedback"]
    assert [name for name, *_ in deeds(market, hit["HITId"])] == ["review", "approve", "review", "reject"]


def test_the_extremes_always_and_never_act(market: Market):
    policy = known(ApproveIfKnownAnswerScoreIsAtLeast=101, RejectIfKnownAnswerScoreIsLessThan=0)
    hit = market.create(MaxAssignments=2, AssignmentReviewPolicy=policy)
    assert state(market, market.done("bo", hit["HITId"], q="a")) == "Submitted"
    assert state(market, market.done("cy", hit["HITId"], q="b")) == "Submitted"


def test_a_wrong_answer_asks_another_worker_up_to_the_maximum(market: Market):
    policy = known(
        ExtendIfKnownAnswerScoreIsLessThan=100, ExtendMaximumAssignments=2, ExtendMinimumTimeInSeconds=7200
    )
    hit = market.create(LifetimeInSeconds=3600, AssignmentReviewPolicy=policy)
    market.done("bo", hit["HITId"], q="b")
    extended = market.get(hit["HITId"])
    assert (extended["MaxAssignments"], extended["HITStatus"]) == (2, "Assignable")
    assert (extended["Expiration"] - market.clock()).total_seconds() == 7200
    market.done("cy", hit["HITId"], q="b")
    assert market.get(hit["HITId"])["MaxAssignments"] == 2
    results = [result for name, _, result in deeds(market, hit["HITId"]) if name == "extend"]
    assert results == ["Extended to 2 assignments", "Has 2 assignments already"]


def test_what_a_call_would_refuse_fails_and_is_noted(market: Market):
    policy = known(ExtendIfKnownAnswerScoreIsLessThan=101, ExtendMaximumAssignments=25)
    hit = market.create(MaxAssignments=9, AssignmentReviewPolicy=policy)
    assignment_id = market.done("bo", hit["HITId"], q="a")
    [extend] = [
        each for each in report(market, hit["HITId"])["ReviewActions"] if each["ActionName"] == "extend"
    ]
    assert (extend["Status"], extend["TargetId"]) == ("Failed", hit["HITId"])
    assert extend["ErrorCode"] == "AWS.MechanicalTurk.InvalidMaximumAssignmentsIncrease"
    assert state(market, assignment_id) == "Submitted"
    assert market.get(hit["HITId"])["MaxAssignments"] == 9


def handed_in(market: Market, hit_id: str, **answers: str) -> dict[str, str]:
    return {name: market.done(name, hit_id, q=answer) for name, answer in answers.items()}


def test_workers_who_agree_are_approved_and_others_rejected_once_the_hit_is_over(market: Market):
    policy = plural(
        "q",
        ApproveIfWorkerAgreementScoreIsAtLeast=100,
        RejectIfWorkerAgreementScoreIsLessThan=100,
        RejectReason="others see it otherwise",
    )
    hit_id = market.create(MaxAssignments=3, HITReviewPolicy=policy)["HITId"]
    done = handed_in(market, hit_id, bo="a", cy="a")
    assert report(market, hit_id, "HIT") == {"ReviewResults": [], "ReviewActions": []}
    done |= handed_in(market, hit_id, di="b")
    assert [state(market, each) for each in done.values()] == ["Approved", "Approved", "Rejected"]
    found = report(market, hit_id, "HIT")["ReviewResults"]
    about_hit = {each["Key"]: each["Value"] for each in found if each["SubjectType"] == "HIT"}
    assert about_hit == {
        "AgreedAnswerFound": "true",
        "AgreedAnswer": "a",
        "AnswerAgreementScore": "66",
        "HitAgreementScore": "100",
    }
    scores = {each["SubjectId"]: each["Value"] for each in found if each["Key"] == "WorkerAgreementScore"}
    assert scores == {done["bo"]: "100", done["cy"]: "100", done["di"]: "0"}
    rejected = market.client.get_assignment(AssignmentId=done["di"])["Assignment"]
    assert rejected["RequesterFeedback"] == "others see it otherwise"


def test_without_agreement_another_worker_is_asked_and_nobody_judged(market: Market):
    policy = plural(
        "q",
        ApproveIfWorkerAgreementScoreIsAtLeast=100,
        ExtendIfHITAgreementScoreIsLessThan=100,
        ExtendMaximumAssignments=3,
        ExtendMinimumTimeInSeconds=3600,
    )
    hit_id = market.create(MaxAssignments=2, HITReviewPolicy=policy)["HITId"]
    done = handed_in(market, hit_id, bo="a", cy="b")
    assert market.get(hit_id)["MaxAssignments"] == 3
    assert {state(market, each) for each in done.values()} == {"Submitted"}
    done |= handed_in(market, hit_id, di="a")
    assert [state(market, each) for each in done.values()] == ["Approved", "Submitted", "Approved"]
    scores = [
        each["Value"]
        for each in report(market, hit_id, "HIT")["ReviewResults"]
        if each["Key"] == "HitAgreementScore"
    ]
    assert scores == ["0", "100"]


def test_a_hit_that_expires_is_reviewed_by_the_next_sweep_and_once(market: Market):
    policy = plural("q", ApproveIfWorkerAgreementScoreIsAtLeast=100)
    hit_id = market.create(MaxAssignments=5, LifetimeInSeconds=60, HITReviewPolicy=policy)["HITId"]
    done = handed_in(market, hit_id, bo="a", cy="a")
    market.clock.forward(seconds=61)
    for _ in range(2):
        market.sweep()
    assert {state(market, each) for each in done.values()} == {"Approved"}
    found = report(market, hit_id, "HIT")["ReviewResults"]
    assert [each["Key"] for each in found].count("HitAgreementScore") == 1


def test_rejected_and_poorly_scored_work_can_be_left_out(market: Market):
    policy = plural(
        "q", DisregardAssignmentIfKnownAnswerScoreIsLessThan=100, DisregardAssignmentIfRejected="T"
    )
    hit_id = market.create(
        MaxAssignments=4, AssignmentReviewPolicy=known({"gold": "x"}), HITReviewPolicy=policy
    )["HITId"]
    first = market.done("ed", hit_id, q="b", gold="x")
    market.client.reject_assignment(AssignmentId=first, RequesterFeedback="no")
    market.done("bo", hit_id, q="a", gold="x")
    market.done("cy", hit_id, q="a", gold="x")
    market.done("di", hit_id, q="b", gold="y")
    keyed = {each["Key"]: each["Value"] for each in report(market, hit_id, "HIT")["ReviewResults"]}
    assert keyed["AnswerAgreementScore"] == "100"


def test_what_was_approved_before_counts_as_done(market: Market):
    policy = plural("q", ApproveIfWorkerAgreementScoreIsAtLeast=100)
    both = {
        "AssignmentReviewPolicy": known(ApproveIfKnownAnswerScoreIsAtLeast=100),
        "HITReviewPolicy": policy,
    }
    hit_id = market.create(**both)["HITId"]
    market.done("bo", hit_id, q="a")
    assert deeds(market, hit_id, "HIT") == [("approve", "Succeeded", "Already approved")]


def test_results_come_in_pages_and_by_level_and_kind(market: Market):
    both = {"AssignmentReviewPolicy": known(), "HITReviewPolicy": plural("q")}
    hit_id = market.create(**both)["HITId"]
    market.done("bo", hit_id, q="a")
    whole = market.client.list_review_policy_results_for_hit(HITId=hit_id, MaxResults=100)
    assert (whole["AssignmentReviewPolicy"], whole["HITReviewPolicy"]) == (
        both["AssignmentReviewPolicy"],
        both["HITReviewPolicy"],
    )
    gathered: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        reply = market.client.list_review_policy_results_for_hit(HITId=hit_id, MaxResults=2, **more)
        for level in ("Assignment", "HIT"):
            for rows in reply[f"{level}ReviewReport"].values():
                gathered += rows
        if "NextToken" not in reply:
            break
        more = {"NextToken": reply["NextToken"]}
    everything = [
        each
        for level in ("Assignment", "HIT")
        for rows in whole[f"{level}ReviewReport"].values()
        for each in rows
    ]
    assert sorted(map(str, gathered)) == sorted(map(str, everything))
    assert report(market, hit_id, RetrieveResults=False)["ReviewResults"] == []
    assert report(market, hit_id, RetrieveActions=False)["ReviewActions"] == []
    only = market.client.list_review_policy_results_for_hit(HITId=hit_id, PolicyLevels=["HIT"])
    assert "AssignmentReviewReport" not in only


def test_bad_policies_make_no_hit(market: Market):
    before = market.client.list_hits()["NumResults"]
    for wrong in ({"AssignmentReviewPolicy": plural("q")}, {"HITReviewPolicy": known()}):
        with pytest.raises(market.client.exceptions.ClientError) as refused:
            market.create(**wrong)
        assert refused.value.response["Error"]["Code"] == "ParameterValidationError"
    assert market.client.list_hits()["NumResults"] == before
