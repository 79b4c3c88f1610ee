"""Qualifications: made, asked for, tested and granted by programs; and whom a HIT's requirements admit."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.errors import Unprocessable
from crowd.models import Worker
from crowd.models.market import HitType, MarketAssignment, MarketHit, QualificationRequest, QualificationType
from crowd.questions.answer_key import NAMESPACE as KEY
from crowd.questions.tree import SCHEMAS
from crowd.services.access import keys
from crowd.services.market import ids, qualifications, requests, work
from crowd.services.market import requirements as known
from crowd.services.market.refusals import Refused
from crowd.services.people import groups, messages
from tests.integration.market.conftest import OWNER, Market

TAKEN = "You have already created a QualificationType with this name."
TEST = (
    f'<QuestionForm xmlns="{SCHEMAS}2017-11-06/QuestionForm.xsd"><Question><QuestionIdentifier>q'
    "</QuestionIdentifier><IsRequired>true</IsRequired><QuestionContent><Text>1 + 1?</Text></QuestionContent>"
    "<AnswerSpecification><SelectionAnswer><StyleSuggestion>radiobutton</StyleSuggestion><Selections>"
    "<Selection><SelectionIdentifier>two</SelectionIdentifier><Text>2</Text></Selection>"
    "<Selection><SelectionIdentifier>three</SelectionIdentifier><Text>3</Text></Selection>"
    "</Selections></SelectionAnswer></AnswerSpecification></Question></QuestionForm>"
)
ANSWERS = (
    f'<AnswerKey xmlns="{KEY}"><Question><QuestionIdentifier>q</QuestionIdentifier><AnswerOption>'
    "<SelectionIdentifier>two</SelectionIdentifier><AnswerScore>10</AnswerScore></AnswerOption></Question>"
    "<QualificationValueMapping><PercentageMapping><MaximumSummedScore>10</MaximumSummedScore>"
    "</PercentageMapping></QualificationValueMapping></AnswerKey>"
)
HTML = (
    f'<HTMLQuestion xmlns="{SCHEMAS}2011-11-11/HTMLQuestion.xsd"><HTMLContent>x</HTMLContent>'
    "<FrameHeight>0</FrameHeight></HTMLQuestion>"
)


def made(market: Market, **terms: Any) -> str:
    given = {"Name": "colours", "Description": "Tells red from green", "QualificationTypeStatus": "Active"}
    reply = market.client.create_qualification_type(**(given | terms))
    return str(reply["QualificationType"]["QualificationTypeId"])


def examined(market: Market, **terms: Any) -> str:
    return made(market, **({"Test": TEST, "AnswerKey": ANSWERS, "TestDurationInSeconds": 60} | terms))


def code(error: pytest.ExceptionInfo[Any]) -> str:
    response = error.value.response
    return str(response.get("TurkErrorCode") or response["Error"]["Code"]).removeprefix("AWS.MechanicalTurk.")


def kind(market: Market, type_id: str, name: str) -> QualificationType:
    worker = market.worker(name)
    return market.do(lambda s: requests.find(s, worker, type_id))


def begin(market: Market, type_id: str, name: str = "bo") -> QualificationRequest:
    worker, found = market.worker(name), kind(market, type_id, name)
    return market.do(lambda s: requests.begin(s, worker, s.merge(found), now=market.clock()))


def ask(market: Market, type_id: str, name: str = "bo", **fields: str) -> QualificationRequest:
    worker, found = market.worker(name), kind(market, type_id, name)
    given = list(fields.items())
    return market.do(lambda s: requests.ask(s, worker, s.merge(found), given, now=market.clock()))


def score(market: Market, type_id: str, name: str = "bo") -> dict[str, Any]:
    return dict(
        market.client.get_qualification_score(QualificationTypeId=type_id, WorkerId=market.person(name))[
            "Qualification"
        ]
    )


def inbox(market: Market, name: str) -> list[str]:
    worker = market.worker(name)
    return market.do(lambda s: [each.text for each in messages.for_worker(s, worker, limit=9)])


def offered(market: Market, name: str) -> list[str]:
    worker = market.worker(name)
    return market.do(lambda s: [each.name for each in requests.offered(s, worker, now=market.clock())])


# --- types


@pytest.mark.contract(71)
def test_a_name_can_be_taken_once_per_account(market: Market):
    made(market)
    with pytest.raises(market.client.exceptions.RequestError) as refused:
        made(market)
    assert TAKEN in refused.value.response["Error"]["Message"]
    assert code(refused) == "QualificationTypeAlreadyExists"
    market.client_of("zoe").create_qualification_type(
        Name="colours", Description="theirs", QualificationTypeStatus="Active"
    )


@pytest.mark.contract(71)
def test_a_deleted_types_name_is_free(market: Market):
    first = made(market)
    market.client.delete_qualification_type(QualificationTypeId=first)
    assert made(market) != first
    with pytest.raises(market.client.exceptions.RequestError) as refused:
        market.client.get_qualification_type(QualificationTypeId=first)
    assert code(refused) == "QualificationTypeDoesNotExist"


def test_a_type_is_as_it_was_asked_for(market: Market):
    type_id = examined(market, Keywords="eyes", RetryDelayInSeconds=0)
    found = market.client.get_qualification_type(QualificationTypeId=type_id)["QualificationType"]
    assert found == {
        "QualificationTypeId": type_id,
        "CreationTime": market.clock(),
        "Name": "colours",
        "Description": "Tells red from green",
        "Keywords": "eyes",
        "QualificationTypeStatus": "Active",
        "Test": TEST,
        "TestDurationInSeconds": 60,
        "AnswerKey": ANSWERS,
        "RetryDelayInSeconds": 0,
        "IsRequestable": True,
        "AutoGranted": False,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"Test": TEST},
        {"AnswerKey": ANSWERS},
        {"TestDurationInSeconds": 60},
        {"Test": TEST, "TestDurationInSeconds": 0},
        {"Test": HTML, "TestDurationInSeconds": 60},
        {"Test": "<QuestionForm", "TestDurationInSeconds": 60},
        {"Test": TEST, "TestDurationInSeconds": 60, "AnswerKey": "<AnswerKey/>"},
        {"Test": TEST, "TestDurationInSeconds": 60, "AutoGranted": True},
        {"Test": TEST + " " * 65536, "TestDurationInSeconds": 60},
        {"RetryDelayInSeconds": -1},
        {"Name": " "},
    ],
)
def test_terms_that_do_not_hold_together_are_refused(market: Market, wrong: dict[str, Any]):
    with pytest.raises(market.client.exceptions.ClientError) as refused:
        made(market, **wrong)
    assert code(refused) == "ParameterValidationError"
    assert market.client.list_qualification_types(MustBeRequestable=True)["NumResults"] == 0


def test_updates_change_what_they_name(market: Market):
    type_id = made(market)
    update = market.client.update_qualification_type
    update(QualificationTypeId=type_id, Description="new", RetryDelayInSeconds=5)
    found = update(QualificationTypeId=type_id, Test=TEST, TestDurationInSeconds=9, AnswerKey=ANSWERS)
    assert found["QualificationType"]["Description"] == "new"
    again = update(QualificationTypeId=type_id, Test=TEST, TestDurationInSeconds=9)["QualificationType"]
    assert "AnswerKey" not in again  # a new test without a key has none
    assert again["RetryDelayInSeconds"] == 5
    for wrong in ({"AutoGranted": True}, {"AnswerKey": ANSWERS}):
        with pytest.raises(market.client.exceptions.ClientError):
            update(QualificationTypeId=type_id, **wrong)


def test_types_are_found_by_words_owner_and_status(market: Market):
    ids = [made(market, Name=f"type {number}", Keywords=word) for number, word in enumerate(("Eyes", "ears"))]
    hidden = made(market, Name="type x", QualificationTypeStatus="Inactive")

    def found(**terms: Any) -> list[str]:
        pages = market.client.get_paginator("list_qualification_types").paginate(**terms)
        return [each["QualificationTypeId"] for each in pages.build_full_result()["QualificationTypes"]]

    assert found(MustBeRequestable=True, MustBeOwnedByCaller=True) == ids
    assert found(MustBeRequestable=False, MustBeOwnedByCaller=True) == [*ids, hidden]
    assert found(MustBeRequestable=True, Query="type EYES") == ids[:1]
    assert found(MustBeRequestable=True, Query="type 1") == ids[1:]
    assert found(MustBeRequestable=False, Query="Masters") == [known.MASTERS, known.MASTERS_SANDBOX]
    other = market.client_of("zoe")
    assert other.list_qualification_types(MustBeRequestable=True)["QualificationTypes"] == []


def test_the_systems_types_can_be_read_and_not_granted(market: Market):
    found = market.client.get_qualification_type(QualificationTypeId=known.LOCALE)["QualificationType"]
    assert (found["Name"], found["IsRequestable"]) == ("Worker_Locale", False)
    with pytest.raises(market.client.exceptions.RequestError) as refused:
        market.client.associate_qualification_with_worker(
            QualificationTypeId=known.ADULT, WorkerId=market.person("bo")
        )
    assert code(refused) == "PermissionDeniedException"


# --- scores


def test_a_score_is_given_changed_and_taken_away(market: Market):
    type_id, worker_id = made(market), market.person("bo")
    give = market.client.associate_qualification_with_worker
    give(QualificationTypeId=type_id, WorkerId=worker_id)
    market.clock.forward(hours=1)
    give(QualificationTypeId=type_id, WorkerId=worker_id, IntegerValue=7, SendNotification=False)
    assert score(market, type_id) == {
        "QualificationTypeId": type_id,
        "WorkerId": worker_id,
        "GrantTime": market.clock(),
        "IntegerValue": 7,
        "Status": "Granted",
    }
    market.client.disassociate_qualification_from_worker(
        QualificationTypeId=type_id, WorkerId=worker_id, Reason="too old"
    )
    with pytest.raises(market.client.exceptions.RequestError, match="with a status of: Granted"):
        score(market, type_id)
    assert inbox(market, "bo") == [
        "The qualification colours was taken from you: too old",
        "You were given the qualification colours with the value 1.",
    ]
    for status, count in (("Granted", 0), ("Revoked", 1)):
        listed = market.client.list_workers_with_qualification_type(
            QualificationTypeId=type_id, Status=status
        )
        assert listed["NumResults"] == count


def test_who_never_had_it_has_no_score(market: Market):
    type_id = made(market)
    for call in ("get_qualification_score", "disassociate_qualification_from_worker"):
        with pytest.raises(market.client.exceptions.RequestError):
            getattr(market.client, call)(QualificationTypeId=type_id, WorkerId=market.person("bo"))


def test_holders_are_paged_each_once(market: Market):
    type_id = made(market)
    for number in range(12):
        market.client.associate_qualification_with_worker(
            QualificationTypeId=type_id, WorkerId=market.person(f"w{number}"), SendNotification=False
        )
    pages = market.client.get_paginator("list_workers_with_qualification_type").paginate(
        QualificationTypeId=type_id
    )
    held = pages.build_full_result()["Qualifications"]
    assert len({each["WorkerId"] for each in held}) == len(held) == 12


# --- requests


def test_what_is_granted_automatically_is_granted_at_once(market: Market):
    type_id = made(market, AutoGranted=True, AutoGrantedValue=3)
    assert ask(market, type_id).state == "granted"
    assert score(market, type_id)["IntegerValue"] == 3


def test_a_request_waits_for_its_requester(market: Market):
    type_id = made(market)
    ask(market, type_id)
    with pytest.raises(Refused, match="has not decided yet"):
        ask(market, type_id)
    [request] = market.client.list_qualification_requests()["QualificationRequests"]
    assert (request["QualificationTypeId"], request["WorkerId"]) == (type_id, market.person("bo"))
    request_id = request["QualificationRequestId"]
    market.client.accept_qualification_request(QualificationRequestId=request_id, IntegerValue=8)
    assert score(market, type_id)["IntegerValue"] == 8
    assert market.client.list_qualification_requests(QualificationTypeId=type_id)["NumResults"] == 0
    with pytest.raises(market.client.exceptions.RequestError) as refused:
        market.client.reject_qualification_request(QualificationRequestId=request_id)
    assert code(refused) == "InvalidQualificationRequestState"


def test_a_rejected_request_tells_why(market: Market):
    ask(market, made(market))
    [request] = market.client.list_qualification_requests()["QualificationRequests"]
    market.client.reject_qualification_request(
        QualificationRequestId=request["QualificationRequestId"], Reason="no more needed"
    )
    assert inbox(market, "bo") == ["Your request for the qualification colours was rejected: no more needed"]


def test_another_requesters_request_is_not_there(market: Market):
    ask(market, made(market))
    [request] = market.client.list_qualification_requests()["QualificationRequests"]
    other = market.client_of("zoe")
    assert other.list_qualification_requests()["NumResults"] == 0
    with pytest.raises(other.exceptions.RequestError) as refused:
        other.accept_qualification_request(QualificationRequestId=request["QualificationRequestId"])
    assert code(refused) == "QualificationRequestDoesNotExist"


def test_a_test_is_scored_by_its_key(market: Market):
    type_id = examined(market)
    for name, choice, value in (("bo", "two", 100), ("cy", "three", 0)):
        begin(market, type_id, name)
        assert ask(market, type_id, name, q=choice).state == "granted"
        assert score(market, type_id, name)["IntegerValue"] == value


def test_a_test_without_a_key_is_decided_by_hand(market: Market):
    type_id = made(market, Test=TEST, TestDurationInSeconds=60)
    begin(market, type_id)
    ask(market, type_id, q="two")
    [request] = market.client.list_qualification_requests()["QualificationRequests"]
    assert request["Test"] == TEST
    assert "<SelectionIdentifier>two</SelectionIdentifier>" in request["Answer"]


def test_a_tests_time_runs_from_its_opening_however_often_it_is_opened(market: Market):
    type_id = examined(market)
    with pytest.raises(Refused, match="Open the test"):
        ask(market, type_id, q="two")
    first = begin(market, type_id)
    market.clock.forward(seconds=50)
    assert begin(market, type_id).external_id == first.external_id
    market.clock.forward(seconds=11)
    with pytest.raises(Refused, match="time for this test is over"):
        ask(market, type_id, q="two")
    with pytest.raises(Refused, match="only once"):
        begin(market, type_id)


def test_a_test_needs_its_answers_and_can_be_mended(market: Market):
    type_id = examined(market)
    begin(market, type_id)
    with pytest.raises(Unprocessable):
        ask(market, type_id)
    assert ask(market, type_id, q="two").score == 100


def test_a_retry_waits_for_its_delay(market: Market):
    type_id = examined(market, RetryDelayInSeconds=3600)
    begin(market, type_id)
    ask(market, type_id, q="three")
    assert offered(market, "bo") == []
    with pytest.raises(Refused, match="again at 2026-01-01 01:00:00 UTC") as refused:
        begin(market, type_id)
    assert refused.value.reason == "QualificationTypeRetryDelayNotElapsed"
    market.clock.forward(hours=1)
    assert offered(market, "bo") == ["colours"]
    begin(market, type_id)
    ask(market, type_id, q="two")
    assert score(market, type_id)["IntegerValue"] == 100


def test_without_a_delay_nobody_asks_twice(market: Market):
    type_id = made(market)
    ask(market, type_id)
    [request] = market.client.list_qualification_requests()["QualificationRequests"]
    market.client.reject_qualification_request(QualificationRequestId=request["QualificationRequestId"])
    market.clock.forward(days=400)
    with pytest.raises(Refused, match="only once"):
        ask(market, type_id)


def test_inactive_deleted_and_foreign_types_cannot_be_asked_for(market: Market):
    inactive = made(market, Name="a", QualificationTypeStatus="Inactive")
    deleted = made(market, Name="b")
    market.client.delete_qualification_type(QualificationTypeId=deleted)
    foreign = market.client_of("zoe").create_qualification_type(
        Name="c", Description="d", QualificationTypeStatus="Active"
    )["QualificationType"]["QualificationTypeId"]
    assert offered(market, "bo") == []
    for type_id in (inactive, deleted, foreign):
        with pytest.raises(Refused, match="does not exist"):
            kind(market, type_id, "bo")


def test_deleting_a_type_rejects_its_requests(market: Market):
    type_id = made(market)
    request = ask(market, type_id)
    market.client.delete_qualification_type(QualificationTypeId=type_id)
    with market.database.read() as session:
        assert session.get_one(QualificationRequest, request.id).state == "rejected"


# --- requirements


def seen(market: Market, name: str) -> list[bool]:
    """Tell of each HIT type a worker finds whether they may accept its HITs."""
    worker = market.worker(name)
    return market.do(lambda s: [not each.unmet for each in work.open_hits(s, worker, now=market.clock())])


def requiring(market: Market, type_id: str, comparator: str = "Exists", **more: Any) -> str:
    wanted = {"QualificationTypeId": type_id, "Comparator": comparator, **more}
    hit_type = market.hit_type(QualificationRequirements=[wanted])
    return str(market.create(HITTypeId=hit_type, MaxAssignments=9)["HITId"])


def admitted(market: Market, name: str, wanted: dict[str, Any], action: Any) -> list[str]:
    worker, account = market.worker(name), market.account
    return market.do(
        lambda s: qualifications.admits(s, account, worker, [wanted], action=action, now=market.clock())
    )


@pytest.mark.contract(70)
def test_who_lacks_what_is_guarded_cannot_accept(market: Market):
    type_id = made(market)
    hit_id = requiring(market, type_id)
    assert seen(market, "bo") == [False]
    with pytest.raises(Refused, match="colours: you must have it") as refused:
        market.accept("bo", hit_id)
    assert refused.value.reason == "DoesNotMeetRequirements"
    market.client.associate_qualification_with_worker(
        QualificationTypeId=type_id, WorkerId=market.person("bo")
    )
    assert seen(market, "bo") == [True]
    market.accept("bo", hit_id)


@pytest.mark.contract(70)
@pytest.mark.parametrize(
    ("guarded", "refused"),
    [
        ("Accept", {"accept"}),
        ("PreviewAndAccept", {"accept", "preview"}),
        ("DiscoverPreviewAndAccept", {"accept", "preview", "discover"}),
    ],
)
def test_discovery_is_guarded_too_where_the_requirement_says_so(
    market: Market, guarded: str, refused: set[str]
):
    type_id = made(market)
    requiring(market, type_id, ActionsGuarded=guarded)
    assert seen(market, "bo") == ([] if "discover" in refused else [False])
    wanted = {"QualificationTypeId": type_id, "Comparator": "Exists", "ActionsGuarded": guarded}
    actions = ("accept", "preview", "discover")
    assert {action for action in actions if admitted(market, "bo", wanted, action)} == refused


@pytest.mark.contract(70)
def test_a_revoked_score_and_one_of_a_deleted_type(market: Market):
    type_id, worker_id = made(market), market.person("bo")
    hit_id = requiring(market, type_id)
    market.client.associate_qualification_with_worker(QualificationTypeId=type_id, WorkerId=worker_id)
    market.client.delete_qualification_type(QualificationTypeId=type_id)
    market.accept("bo", hit_id)  # HITs that are out still ask for it
    other = made(market)
    market.client.associate_qualification_with_worker(QualificationTypeId=other, WorkerId=worker_id)
    market.client.disassociate_qualification_from_worker(QualificationTypeId=other, WorkerId=worker_id)
    with pytest.raises(Refused):
        market.accept("bo", requiring(market, other))


@pytest.mark.contract(70)
def test_the_approval_rate_counts_from_a_hundred_assignments_on(market: Market):
    strict = {
        "QualificationTypeId": known.PERCENT_APPROVED,
        "Comparator": "GreaterThan",
        "IntegerValues": [95],
    }
    many = {"QualificationTypeId": known.NUMBER_APPROVED, "Comparator": "GreaterThanOrEqualTo"}
    market.create()
    worker = market.worker("bo")
    assert admitted(market, "bo", strict, "accept") == []
    decided(market, worker, approved=9, rejected=90)
    assert admitted(market, "bo", strict, "accept") == []  # 99 assignments say nothing yet
    assert admitted(market, "bo", {**many, "IntegerValues": [9]}, "accept") == []
    assert admitted(market, "bo", {**many, "IntegerValues": [10]}, "accept") != []
    decided(market, worker, approved=1, rejected=0)
    assert admitted(market, "bo", strict, "accept") == ["Worker_PercentAssignmentsApproved: must be above 95"]


@pytest.mark.contract(70)
def test_what_a_worker_did_elsewhere_counts_by_a_group(market: Market):
    many = {"QualificationTypeId": known.NUMBER_APPROVED, "Comparator": "GreaterThanOrEqualTo"}
    market.create()
    worker = market.worker("bo")
    decided(market, worker, approved=2, rejected=0)

    def join(session: Session) -> None:
        owner = keys.operator(keys.requester(session, OWNER, now=market.clock()))
        for name in ("approved.500", "approved.20", "approved.many"):
            groups.add(session, owner, name, [worker], now=market.clock())

    market.do(join)
    assert admitted(market, "bo", {**many, "IntegerValues": [502]}, "accept") == []
    assert admitted(market, "bo", {**many, "IntegerValues": [503]}, "accept") != []


def decided(market: Market, worker: Worker, *, approved: int, rejected: int) -> None:
    """Let a worker have had this many assignments, each on a HIT of its own."""
    states = ["approved"] * approved + ["rejected"] * rejected
    market.do(lambda s: _insert(s, market, worker, states))


def _insert(session: Session, market: Market, worker: Worker, states: list[str]) -> None:
    hit_type = session.scalars(select(HitType)).one()
    for state in states:
        hit = MarketHit(
            account_id=hit_type.account_id,
            hit_type_id=hit_type.id,
            external_id=ids.entity(),
            question="",
            question_kind="html",
            max_assignments=1,
            open=0,
            is_large=False,
            fee_micros=0,
            expires_at=market.clock(),
            created_at=market.clock(),
        )
        session.add(hit)
        session.flush()
        had = MarketAssignment(
            hit_id=hit.id,
            worker_id=worker.id,
            external_id=ids.entity(),
            state=state,
            deadline=market.clock(),
            created_at=market.clock(),
        )
        session.add(had)
    session.flush()


@pytest.mark.contract(70)
def test_place_adulthood_and_mastery_are_read_from_groups(market: Market):
    worker = market.worker("bo")
    here = {"QualificationTypeId": known.LOCALE, "Comparator": "EqualTo"}
    asked = [
        {**here, "LocaleValues": [{"Country": "US"}]},
        {**here, "LocaleValues": [{"Country": "US", "Subdivision": "WA"}]},
        {"QualificationTypeId": known.ADULT, "Comparator": "EqualTo", "IntegerValues": [1]},
        {"QualificationTypeId": known.MASTERS, "Comparator": "Exists"},
        {"QualificationTypeId": known.MASTERS_SANDBOX, "Comparator": "Exists"},
    ]
    assert all(admitted(market, "bo", wanted, "accept") for wanted in asked)

    def join(session: Any) -> None:
        owner = keys.operator(keys.requester(session, OWNER, now=market.clock()))
        for name in ("locale.US-WA", "adult", "masters"):
            groups.add(session, owner, name, [worker], now=market.clock())

    market.do(join)
    assert not any(admitted(market, "bo", wanted, "accept") for wanted in asked)


@pytest.mark.contract(13)
def test_requirements_are_checked_when_a_hit_type_is_made(market: Market):
    type_id = made(market)
    inactive = made(market, Name="x", QualificationTypeStatus="Inactive")
    foreign = market.client_of("zoe").create_qualification_type(
        Name="c", Description="d", QualificationTypeStatus="Active"
    )["QualificationType"]["QualificationTypeId"]
    both = {"ActionsGuarded": "Accept", "RequiredToPreview": True}
    cases = [
        (
            {"QualificationTypeId": type_id, "Comparator": "Exists", **both},
            "InvalidParameterCombinationError",
        ),
        ({"QualificationTypeId": type_id, "Comparator": "EqualTo"}, "ParameterValidationError"),
        ({"QualificationTypeId": "3UNKNOWN", "Comparator": "Exists"}, "QualificationTypeDoesNotExist"),
        ({"QualificationTypeId": foreign, "Comparator": "Exists"}, "QualificationTypeDoesNotExist"),
        ({"QualificationTypeId": inactive, "Comparator": "Exists"}, "InvalidQualificationTypeState"),
    ]
    for wanted, expected in cases:
        with pytest.raises(market.client.exceptions.ClientError) as refused:
            market.hit_type(QualificationRequirements=[wanted])
        assert code(refused) == expected


def test_a_deleted_type_can_be_required_by_no_new_hit(market: Market):
    type_id = made(market)
    wanted = [{"QualificationTypeId": type_id, "Comparator": "DoesNotExist"}]
    hit_type = market.hit_type(QualificationRequirements=wanted)
    out = market.create(HITTypeId=hit_type)["HITId"]
    market.client.delete_qualification_type(QualificationTypeId=type_id)
    with pytest.raises(market.client.exceptions.RequestError) as refused:
        market.create(HITTypeId=hit_type)
    assert code(refused) == "QualificationTypeDoesNotExist"
    market.accept("bo", out)
