"""Submitted work: listed page by page, approved, rejected, and approved by time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from crowd.services.market import work
from crowd.services.market.profile import AWS, Profile
from crowd.services.market.refusals import Refused
from tests.integration.market.conftest import Market

SUBMITTED = "can be called with a status of: Submitted"


def status(market: Market, assignment_id: str) -> str:
    return str(market.client.get_assignment(AssignmentId=assignment_id)["Assignment"]["AssignmentStatus"])


def finished(market: Market, count: int) -> tuple[str, list[str]]:
    """Make a HIT on which so many workers are done; return its id and theirs."""
    hit_id = market.create(MaxAssignments=count)["HITId"]
    return hit_id, [market.done(f"w{number}", hit_id) for number in range(count)]


def pages(call: Any, **given: Any) -> list[dict[str, Any]]:
    """Return all pages of a list, as a program follows their tokens."""
    found = [call(**given)]
    while token := found[-1].get("NextToken"):
        found.append(call(**given, NextToken=token))
    return found


@pytest.mark.contract(39)
def test_without_a_size_a_page_has_ten_and_the_last_is_empty(market: Market):
    hit_id, ids = finished(market, 12)
    found = pages(market.client.list_assignments_for_hit, HITId=hit_id)
    assert [page["NumResults"] for page in found] == [10, 2, 0]
    assert ["NextToken" in page for page in found] == [True, True, False]
    assert [work["AssignmentId"] for page in found for work in page["Assignments"]] == ids


class TestNoTail:
    """A server may also say with the last page that it is the last."""

    @pytest.fixture
    def profile(self) -> Profile:
        return replace(AWS, has_paging_tail=False)

    @pytest.mark.contract(39)
    def test_the_last_page_has_no_token(self, market: Market):
        hit_id, ids = finished(market, 4)
        found = pages(market.client.list_assignments_for_hit, HITId=hit_id, MaxResults=2)
        assert [page["NumResults"] for page in found] == [2, 2]
        assert [work["AssignmentId"] for page in found for work in page["Assignments"]] == ids


def test_work_that_comes_between_two_pages_is_not_missed(market: Market):
    hit_id = market.create(MaxAssignments=4)["HITId"]
    taken = [market.accept(name, hit_id) for name in "abcd"]
    for assignment_id in (taken[1], taken[3]):
        market.submit(assignment_id)
    market.clock.forward(seconds=1)
    first = market.client.list_assignments_for_hit(HITId=hit_id, MaxResults=2)
    market.submit(taken[0])  # accepted before those of the first page
    rest = market.client.list_assignments_for_hit(HITId=hit_id, NextToken=first["NextToken"])
    assert [work["AssignmentId"] for work in rest["Assignments"]] == [taken[0]]


def test_boto3_s_paginators_see_everything_once(market: Market):
    hit_type = market.hit_type()
    made = [market.create(HITTypeId=hit_type)["HITId"] for _ in range(7)]
    for number, hit_id in enumerate(made):
        market.done(f"w{number}", hit_id)
    for name in ("list_hits", "list_reviewable_hits"):
        paginator = market.client.get_paginator(name)
        found = [
            hit["HITId"]
            for page in paginator.paginate(PaginationConfig={"PageSize": 3})
            for hit in page["HITs"]
        ]
        assert found == made[::-1]


@pytest.mark.parametrize("token", ["x", "cDE6MQ==x", "cDE6LTE=", "cDE6MToy", "cDE6eA==", "cDI6MQ==", "é"])
def test_another_s_token_is_refused(market: Market, token: str):
    with pytest.raises(ClientError, match="NextToken"):
        market.client.list_hits(NextToken=token)


def test_hits_that_require_a_qualification_are_listed(market: Market):
    wanted = {
        "QualificationTypeId": "00000000000000000040",
        "Comparator": "GreaterThan",
        "IntegerValues": [5],
    }
    market.create()
    guarded = market.create(HITTypeId=market.hit_type(QualificationRequirements=[wanted]))["HITId"]
    found = market.client.list_hits_for_qualification_type(QualificationTypeId=wanted["QualificationTypeId"])
    assert [hit["HITId"] for hit in found["HITs"]] == [guarded]


def test_reviewable_hits_can_be_asked_by_type(market: Market):
    done, other = market.create(), market.create(HITTypeId=market.hit_type(Title="Other"))
    for hit in (done, other):
        market.done("wim", hit["HITId"])
    found = market.client.list_reviewable_hits(HITTypeId=done["HITTypeId"])["HITs"]
    assert [hit["HITId"] for hit in found] == [done["HITId"]]


def test_work_is_listed_by_status(market: Market):
    hit_id, ids = finished(market, 3)
    market.client.approve_assignment(AssignmentId=ids[0], RequesterFeedback="thanks")
    market.client.reject_assignment(AssignmentId=ids[1], RequesterFeedback="no")
    for statuses, expected in (
        (["Approved"], ids[:1]),
        (["Rejected"], ids[1:2]),
        (["Submitted"], ids[2:]),
        (["Approved", "Rejected"], ids[:2]),
        ([], ids),
    ):
        found = market.client.list_assignments_for_hit(HITId=hit_id, AssignmentStatuses=statuses)
        assert [work["AssignmentId"] for work in found["Assignments"]] == expected
    approved = market.client.get_assignment(AssignmentId=ids[0])["Assignment"]
    assert (approved["RequesterFeedback"], approved["ApprovalTime"]) == ("thanks", market.clock())


def test_an_assignment_is_as_it_was_submitted(market: Market):
    hit_id = market.create()["HITId"]
    accepted = market.clock()
    assignment_id = market.accept("wim", hit_id)
    market.clock.forward(seconds=30)
    market.submit(assignment_id, label="é & <x>")
    reply = market.client.get_assignment(AssignmentId=assignment_id)
    found = reply["Assignment"]
    assert reply["HIT"]["HITId"] == found["HITId"] == hit_id
    assert found["WorkerId"] == market.person("wim")
    assert found["AcceptTime"] == accepted
    assert found["SubmitTime"] == accepted + timedelta(seconds=30)
    assert found["Deadline"] == accepted + timedelta(seconds=600)
    assert found["AutoApprovalTime"] == found["SubmitTime"] + timedelta(days=30)
    assert "<FreeText>&#233; &amp; &lt;x&gt;</FreeText>" in found["Answer"]
    assert {"ApprovalTime", "RejectionTime", "RequesterFeedback"}.isdisjoint(found)


@pytest.mark.contract(48)
@pytest.mark.parametrize("first", ["approve", "reject"])
@pytest.mark.parametrize("then", ["approve", "reject"])
def test_work_is_decided_once(market: Market, first: str, then: str):
    _, (assignment_id,) = finished(market, 1)
    calls = {
        "approve": lambda: market.client.approve_assignment(AssignmentId=assignment_id),
        "reject": lambda: market.client.reject_assignment(AssignmentId=assignment_id, RequesterFeedback="no"),
    }
    calls[first]()
    spent = market.account.spent
    with pytest.raises(market.client.exceptions.RequestError, match=SUBMITTED) as caught:
        calls[then]()
    assert caught.value.response["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidAssignmentState"
    assert market.account.spent == spent


@pytest.mark.contract(50)
def test_work_is_approved_when_its_delay_is_over(market: Market):
    hit_id = market.create(HITTypeId=market.hit_type(AutoApprovalDelayInSeconds=3600))["HITId"]
    assignment_id = market.done("wim", hit_id)
    market.clock.forward(seconds=3599)
    assert status(market, assignment_id) == "Submitted"
    market.clock.forward(seconds=1)
    due = market.clock()
    market.clock.forward(hours=5)
    for _ in range(2):  # before it is written down, and after
        found = market.client.list_assignments_for_hit(HITId=hit_id, AssignmentStatuses=["Approved"])
        assert found["Assignments"][0]["ApprovalTime"] == due
        assert status(market, assignment_id) == "Approved"
        assert market.get(hit_id)["NumberOfAssignmentsCompleted"] == 1
        market.sweep()
    assert market.account.spent == 60_000
    with pytest.raises(ClientError, match=SUBMITTED):
        market.client.reject_assignment(AssignmentId=assignment_id, RequesterFeedback="no")


@pytest.mark.contract(50)
def test_too_late_to_reject_even_before_it_is_written_down(market: Market):
    hit_id = market.create(HITTypeId=market.hit_type(AutoApprovalDelayInSeconds=60))["HITId"]
    assignment_id = market.done("wim", hit_id)
    market.clock.forward(seconds=60)
    with pytest.raises(ClientError, match=SUBMITTED):
        market.client.reject_assignment(AssignmentId=assignment_id, RequesterFeedback="no")
    assert status(market, assignment_id) == "Approved"


@pytest.mark.contract(50)
def test_without_a_delay_work_is_approved_at_once(market: Market):
    hit_id = market.create(HITTypeId=market.hit_type(AutoApprovalDelayInSeconds=0))["HITId"]
    assert status(market, market.done("wim", hit_id)) == "Approved"
    assert market.account.spent == 60_000


@pytest.mark.contract(52)
@pytest.mark.parametrize("feedback", [None, "", "  ", "x" * 1025, "bell \a"])
def test_a_rejection_says_why(market: Market, feedback: str | None):
    _, (assignment_id,) = finished(market, 1)
    body = {"AssignmentId": assignment_id, "RequesterFeedback": feedback}
    assert market.post("RejectAssignment", body).status_code == 400
    assert status(market, assignment_id) == "Submitted"


@pytest.mark.contract(53)
def test_a_rejection_is_overridden_within_thirty_days(market: Market):
    _, ids = finished(market, 3)
    for assignment_id in ids:
        market.client.reject_assignment(AssignmentId=assignment_id, RequesterFeedback="no")
    override = market.client.approve_assignment
    with pytest.raises(ClientError, match=SUBMITTED):
        override(AssignmentId=ids[0])
    market.clock.forward(days=30)
    override(AssignmentId=ids[0], OverrideRejection=True)
    assert status(market, ids[0]) == "Approved"
    with pytest.raises(ClientError, match=SUBMITTED):
        override(AssignmentId=ids[0], OverrideRejection=True)
    market.clock.forward(days=1)
    with pytest.raises(ClientError, match="more than 30 days ago"):
        override(AssignmentId=ids[1], OverrideRejection=True)
    assert status(market, ids[1]) == "Rejected"


@pytest.mark.contract(63)
def test_only_an_assignment_in_hand_is_submitted(market: Market):
    hit_id = market.create(MaxAssignments=3)["HITId"]
    assignment_id = market.accept("wim", hit_id)

    def refused(given: str, fields: list[tuple[str, str]]) -> str:
        with pytest.raises(Refused) as caught:
            market.do(lambda s: work.submit(s, given, fields, now=market.clock()))
        return caught.value.message

    assert "preview" in refused(work.PREVIEW_ID, [("label", "a")])
    assert "no answer" in refused(assignment_id, [("assignmentId", assignment_id)])
    assert "does not exist" in refused("3NONE", [("label", "a")])
    market.submit(assignment_id)
    assert "already" in refused(assignment_id, [("label", "b")])
    late = market.accept("ida", hit_id)
    market.clock.forward(seconds=600)
    assert "over" in refused(late, [("label", "a")])
    found = market.client.list_assignments_for_hit(HITId=hit_id)["Assignments"]
    assert [work["AssignmentId"] for work in found] == [assignment_id]


def test_a_worker_sees_the_next_hit_of_every_type(market: Market):
    older, newer = market.hit_type(), market.hit_type(Title="Newer")
    hits = [market.create(HITTypeId=hit_type)["HITId"] for hit_type in (older, older, newer)]
    worker = market.worker("wim")

    def offered() -> list[tuple[str, str, int]]:
        with market.database.read() as session:
            found = work.open_hits(session, worker, now=market.clock())
            return [(each.hit_type.external_id, each.hit.external_id, each.count) for each in found]

    assert offered() == [(newer, hits[2], 1), (older, hits[0], 2)]
    market.accept("wim", hits[0])
    market.done("wim", hits[2])
    assert offered() == [(older, hits[1], 1)]
    market.clock.forward(days=1)
    assert offered() == []


def test_a_worker_of_another_requester_is_offered_nothing(market: Market):
    market.client_of("bob")
    market.create()
    stranger = market.worker("wim", requester="bob")
    with market.database.read() as session:
        assert work.open_hits(session, stranger, now=market.clock()) == []
