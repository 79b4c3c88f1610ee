"""What goes over the wire: signed, checked against the model, and answered in the protocol's words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crowd.models.market import AccessKey, HitType, MarketEntry, MarketHit
from crowd.services.access import keys
from crowd.services.market import access
from crowd.services.market.profile import AWS, Profile
from crowd.turk.model import service
from crowd.turk.operations import REGISTRY
from tests.integration.market.conftest import QUESTION, TARGET, Market

TERMS = {"Title": "t", "Description": "d", "Reward": "0.05", "AssignmentDurationInSeconds": 60}
HIT = {**TERMS, "LifetimeInSeconds": 60, "Question": QUESTION}
MOMENT = re.compile(r".+ \(\d{13}\)")


def rows(market: Market) -> tuple[int, ...]:
    with market.database.read() as session:
        models = (HitType, MarketHit, MarketEntry)
        return tuple(session.scalar(select(func.count()).select_from(model)) or 0 for model in models)


def refused(answer: TestResponse, kind: str) -> dict[str, Any]:
    """Return an error's body after looking at all that every error has."""
    body: dict[str, Any] = json.loads(answer.data)
    assert (answer.status_code // 100, body["__type"]) == (5 if kind in FAULTS else 4, kind)
    assert MOMENT.fullmatch(body["Message"])
    assert ("TurkErrorCode" in body) == (kind in {"RequestError", "ServiceFault"})
    assert answer.headers["x-amzn-RequestId"]
    return body


FAULTS = {"ServiceFault", "NotImplemented"}


@pytest.mark.contract(1)
def test_the_balance_is_text_with_two_decimals(market: Market):
    answer = market.post("GetAccountBalance", {})
    assert answer.content_type == "application/x-amz-json-1.1"
    assert json.loads(answer.data) == {"AvailableBalance": "1000.00", "OnHoldBalance": "0.00"}
    assert market.client.get_account_balance()["AvailableBalance"] == "1000.00"


@pytest.mark.contract(1)
def test_an_empty_body_is_an_empty_object(market: Market):
    assert json.loads(market.post("GetAccountBalance", b"").data)["AvailableBalance"] == "1000.00"


@pytest.mark.contract(2)
@pytest.mark.parametrize(
    "target",
    ["", "CreateHITType", "MTurk.CreateHITType", TARGET, f"{TARGET}CreateHits", f"x{TARGET}CreateHITType"],
)
def test_an_unknown_operation_changes_nothing(market: Market, target: str):
    before = rows(market)
    refused(market.post("", TERMS, target=target), "UnknownOperationException")
    assert rows(market) == before


@pytest.mark.contract(3)
@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("", "MissingAuthenticationTokenException"),
        ("Bearer cw_x_y", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=nonsense", "IncompleteSignatureException"),
    ],
)
def test_an_unsigned_request_changes_nothing(market: Market, header: str, kind: str):
    before = rows(market)
    refused(market.post("CreateHITType", TERMS, headers={"Authorization": header}), kind)
    assert rows(market) == before


@pytest.mark.contract(3)
def test_who_does_not_hold_the_secret_changes_nothing(market: Market):
    before = rows(market)
    for pair in ((market.pair[0], "wrong"), ("AKCRNOBODY", market.pair[1])):
        refused(market.post("CreateHITType", TERMS, pair=pair), "InvalidSignatureException")
    assert rows(market) == before


@pytest.mark.contract(3)
def test_a_signature_is_for_one_operation_body_and_host(market: Market):
    other = market.post("CreateHITType", TERMS, headers={"X-Amz-Target": f"{TARGET}GetAccountBalance"})
    refused(other, "InvalidSignatureException")
    refused(market.post("CreateHITType", TERMS, headers={"Host": "elsewhere"}), "InvalidSignatureException")


@pytest.mark.contract(3)
def test_an_old_signature_is_refused(market: Market, monkeypatch: pytest.MonkeyPatch):
    import crowd.turk.front

    now = datetime.now(UTC)
    for minutes, status in ((-16, 403), (-14, 200), (14, 200), (16, 403)):
        monkeypatch.setattr(
            crowd.turk.front, "utc_now", lambda minutes=minutes: now + timedelta(minutes=minutes)
        )
        assert market.post("GetAccountBalance", {}).status_code == status


def test_a_revoked_or_expired_key_opens_nothing(market: Market):
    def revoke(session: Any) -> None:
        principal = keys.operator(keys.requester(session, "ann", now=market.clock()))
        access.revoke(session, principal, market.pair[0], now=market.clock())

    assert market.client.get_account_balance()
    market.do(revoke)
    refused(market.post("GetAccountBalance", {}), "UnrecognizedClientException")
    refused(market.post("CreateHITType", TERMS), "UnrecognizedClientException")


def test_the_use_of_a_key_is_noted(market: Market):
    def used() -> datetime | None:
        with market.database.read() as session:
            return session.scalars(select(AccessKey)).one().last_used_at

    market.client.get_account_balance()
    first = used()
    assert first == market.clock()
    market.clock.forward(minutes=9)
    market.hit_type()
    assert used() == first
    market.clock.forward(minutes=2)
    market.hit_type()
    assert used() == market.clock()


class TestKnownSecret:
    """A sandbox has a key pair that stands in its own documentation."""

    @pytest.fixture
    def profile(self) -> Profile:
        return replace(AWS, is_play=True, secrets={"sandbox": "sandbox"})

    def test_its_pair_signs(self, market: Market):
        def make(session: Any) -> None:
            principal = keys.operator(keys.requester(session, "play", now=market.clock()))
            access.create_key(
                session,
                principal,
                label="sandbox",
                secret_key="",
                now=market.clock(),
                access_key_id="sandbox",
                profile=market.settings.market,
            )

        market.do(make)
        balance = market.connect(("sandbox", "sandbox")).get_account_balance()
        assert balance["AvailableBalance"] == "10000.00"


@pytest.mark.contract(4)
@pytest.mark.parametrize(
    ("operation", "body", "kind"),
    [
        ("CreateHITType", {**TERMS, "Colour": "red"}, "ValidationException"),
        ("CreateHITType", {**TERMS, "Title": None}, "ValidationException"),
        ("CreateHITType", {"Title": "t"}, "ValidationException"),
        ("CreateHITType", {**TERMS, "Title": 3}, "SerializationException"),
        ("CreateHITType", {**TERMS, "Reward": 0.05}, "SerializationException"),
        ("CreateHITType", {**TERMS, "AssignmentDurationInSeconds": "60"}, "SerializationException"),
        ("CreateHITType", {**TERMS, "AssignmentDurationInSeconds": True}, "SerializationException"),
        ("CreateHITType", {**TERMS, "AssignmentDurationInSeconds": 60.5}, "SerializationException"),
        ("CreateHITType", {**TERMS, "QualificationRequirements": {}}, "SerializationException"),
        (
            "CreateHITType",
            {**TERMS, "QualificationRequirements": [{"Comparator": "In"}]},
            "ValidationException",
        ),
        ("CreateHITType", [TERMS], "SerializationException"),
        ("CreateHITType", b"{not json", "SerializationException"),
        ("CreateHITType", b"[" * 100_000, "SerializationException"),
        ("CreateHITType", b"\xff\xfe", "SerializationException"),
        ("CreateHITType", {**TERMS, "Title": "a\0b"}, "ValidationException"),
        ("CreateHITType", {**TERMS, "Title": "\ud800"}, "ValidationException"),
        ("UpdateExpirationForHIT", {"HITId": "A", "ExpireAt": "now"}, "SerializationException"),
        ("UpdateExpirationForHIT", {"HITId": "A", "ExpireAt": 1e300}, "ValidationException"),
    ],
)
def test_what_does_not_fit_the_shape_is_refused_first(market: Market, operation: str, body: Any, kind: str):
    before = rows(market)
    refused(market.post(operation, body), kind)
    assert rows(market) == before


@pytest.mark.contract(5)
@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("ListReviewableHITs", {"Status": "Nope"}),
        ("ListHITs", {"MaxResults": 101}),
        ("ListHITs", {"MaxResults": 0}),
        ("ListHITs", {"NextToken": "x" * 256}),
        ("GetHIT", {"HITId": "lower"}),
        ("GetHIT", {"HITId": "A\n"}),
        ("GetHIT", {"HITId": "A" * 65}),
        ("CreateHIT", {**HIT, "UniqueRequestToken": "x" * 65}),
        ("CreateHIT", {**HIT, "UniqueRequestToken": ""}),
        ("GetQualificationScore", {"QualificationTypeId": "3A", "WorkerId": "bad id"}),
        ("ListAssignmentsForHIT", {"HITId": "A", "AssignmentStatuses": ["Accepted"]}),
    ],
)
def test_what_boto3_lets_through_is_refused_here(market: Market, operation: str, body: dict[str, Any]):
    before = rows(market)
    refused(market.post(operation, body), "ValidationException")
    assert rows(market) == before


@pytest.mark.contract(6)
def test_times_are_numbers_and_every_reply_has_an_id(market: Market):
    hit_type = market.hit_type()
    order = {"HITTypeId": hit_type, "LifetimeInSeconds": 60, "Question": QUESTION}
    answers = [market.post("CreateHITWithHITType", order)]
    hit = json.loads(answers[0].data)["HIT"]
    assert hit["CreationTime"] == market.clock().timestamp()
    assert hit["Expiration"] == market.clock().timestamp() + 60
    assignment_id = market.done("wim", hit["HITId"])
    answers.append(market.post("GetAssignment", {"AssignmentId": assignment_id}))
    work = json.loads(answers[1].data)["Assignment"]
    for name in ("AcceptTime", "SubmitTime", "Deadline", "AutoApprovalTime"):
        assert isinstance(work[name], float)
    ids = {answer.headers["x-amzn-RequestId"] for answer in answers}
    assert len(ids) == 2


@pytest.mark.contract(7)
def test_a_rule_s_refusal_has_a_code(market: Market):
    body = refused(market.post("GetHIT", {"HITId": "3NONE"}), "RequestError")
    assert body["TurkErrorCode"] == "AWS.MechanicalTurk.HITDoesNotExist"
    with pytest.raises(market.client.exceptions.RequestError) as caught:
        market.client.get_hit(HITId="3NONE")
    assert caught.value.response["TurkErrorCode"] == "AWS.MechanicalTurk.HITDoesNotExist"


@pytest.mark.contract(7)
def test_a_fault_of_ours_is_a_service_fault(market: Market, monkeypatch: pytest.MonkeyPatch):
    from crowd.services.market import money

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no luck")

    before = rows(market)
    hit_type = market.hit_type()
    monkeypatch.setattr(money, "adjust", fail)
    market.app.config["TESTING"] = False
    order = {"HITTypeId": hit_type, "LifetimeInSeconds": 60, "Question": QUESTION}
    refused(market.post("CreateHITWithHITType", order), "ServiceFault")
    assert rows(market) == (before[0] + 1, *before[1:])


def test_a_body_that_is_too_long_is_refused(market: Market):
    refused(market.post("CreateHIT", b" " * (2**20 + 1)), "RequestEntityTooLargeException")


def test_every_operation_of_the_model_is_answered(market: Market):
    for name in service().operation_names:
        answer = market.post(name, {})
        assert answer.status_code in (200, 400, 501), name
        assert (answer.status_code == 501) == (name not in REGISTRY)


def test_no_operation_is_registered_that_the_model_lacks():
    assert REGISTRY.keys() <= set(service().operation_names)


def test_files_are_no_longer_uploaded(market: Market):
    assignment_id = market.done("wim", market.create()["HITId"])
    with pytest.raises(market.client.exceptions.RequestError, match="ended in 2017"):
        market.client.get_file_upload_url(AssignmentId=assignment_id, QuestionIdentifier="q")


def test_another_requester_s_things_look_absent(market: Market):
    bob = market.client_of("bob")
    hit = market.create()
    assignment_id = market.done("wim", hit["HITId"])
    token = {"HITId": hit["HITId"]}
    calls = [
        lambda client: client.get_hit(**token),
        lambda client: client.list_assignments_for_hit(**token),
        lambda client: client.delete_hit(**token),
        lambda client: client.update_expiration_for_hit(**token, ExpireAt=0),
        lambda client: client.update_hit_review_status(**token),
        lambda client: client.create_additional_assignments_for_hit(**token, NumberOfAdditionalAssignments=1),
        lambda client: client.create_hit_with_hit_type(
            HITTypeId=hit["HITTypeId"], LifetimeInSeconds=60, Question=QUESTION
        ),
        lambda client: client.list_reviewable_hits(HITTypeId=hit["HITTypeId"]),
        lambda client: client.get_assignment(AssignmentId=assignment_id),
        lambda client: client.approve_assignment(AssignmentId=assignment_id),
        lambda client: client.reject_assignment(AssignmentId=assignment_id, RequesterFeedback="no"),
    ]
    for call in calls:
        with pytest.raises(ClientError, match="does not exist"):
            call(bob)
    assert bob.list_hits()["HITs"] == bob.list_reviewable_hits()["HITs"] == []
    assert market.get(hit["HITId"])["HITStatus"] == "Reviewable"
