"""HIT types and HITs come into being, once for each wish."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import func, select

from crowd.models import AuditEntry
from crowd.models.market import Layout, MarketHit
from crowd.services.market import ids
from crowd.services.market.profile import AWS, Profile
from tests.integration.market.conftest import QUESTION, Market

EXTERNAL = (
    '<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/'
    'ExternalQuestion.xsd"><ExternalURL>{url}</ExternalURL><FrameHeight>0</FrameHeight></ExternalQuestion>'
)
EXISTS = re.compile(r'The HIT with ID "([A-Z0-9]+)" already exists\.')


def count(market: Market) -> int:
    with market.database.read() as session:
        return session.scalar(select(func.count()).select_from(MarketHit)) or 0


def error(call: Any, *args: Any, **given: Any) -> dict[str, Any]:
    """Return the error that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call(*args, **given)
    response: dict[str, Any] = caught.value.response
    return {**response["Error"], "TurkErrorCode": response.get("TurkErrorCode")}


def padded(size: int) -> str:
    """Return a question of so many bytes, with a character of three bytes among them."""
    start, end = QUESTION.split("</form>")
    rest = size - len((start + end + "</form>☃").encode())
    return f"{start}</form>☃{'x' * rest}{end}"


@pytest.mark.contract(16)
def test_equal_values_are_one_hit_type(market: Market):
    wanted = [
        {"QualificationTypeId": "000000000000000000L0", "Comparator": "GreaterThan", "IntegerValues": [90]}
    ]
    first = market.hit_type(QualificationRequirements=wanted)
    assert market.hit_type(QualificationRequirements=wanted, Reward="0.05", Keywords="") == first
    changes = [
        {"Title": "Another"},
        {"Description": "Another"},
        {"Reward": "0.06"},
        {"Keywords": "one"},
        {"AssignmentDurationInSeconds": 601},
        {"AutoApprovalDelayInSeconds": 60},
    ]
    others = [market.hit_type(QualificationRequirements=wanted, **change) for change in changes]
    others.append(market.hit_type())
    assert len({first, *others}) == len(others) + 1


def test_a_hit_is_as_it_was_asked_for(market: Market):
    hit = market.create(MaxAssignments=5, RequesterAnnotation="unit 1")
    assert market.get(hit["HITId"]) == hit
    assert (hit["HITStatus"], hit["HITReviewStatus"]) == ("Assignable", "NotReviewed")
    assert (hit["NumberOfAssignmentsAvailable"], hit["Reward"]) == (5, "0.05")
    assert (hit["RequesterAnnotation"], hit["Question"]) == ("unit 1", QUESTION)


def test_create_hit_makes_the_type_too(market: Market):
    terms = {"Title": "Label a text", "Description": "Read it and choose", "Reward": "0.05"}
    duration = {"AssignmentDurationInSeconds": 600}
    hit = market.client.create_hit(**terms, **duration, LifetimeInSeconds=60, Question=QUESTION)["HIT"]
    assert hit["HITTypeId"] == market.hit_type()
    assert hit["AutoApprovalDelayInSeconds"] == 2_592_000


@pytest.mark.contract(8)
@pytest.mark.parametrize(("given", "shown"), [("0.1", "0.10"), ("1", "1.00"), ("1.", "1.00"), ("0", "0.00")])
def test_a_reward_is_dollars_and_cents(market: Market, given: str, shown: str):
    assert market.create(HITTypeId=market.hit_type(Reward=given))["Reward"] == shown


@pytest.mark.contract(8)
@pytest.mark.parametrize("given", ["abc", "-1", "0.001", "", "1e3", ".5", "1,00", "9" * 30])
def test_what_is_no_amount_is_refused(market: Market, given: str):
    assert error(market.hit_type, Reward=given)["Code"] in ("ValidationException", "ParameterValidationError")


@pytest.mark.contract(9)
def test_a_question_has_so_many_bytes(market: Market):
    assert market.create(Question=padded(65_535))
    assert error(market.create, Question=padded(65_536))["Code"] == "ParameterValidationError"


@pytest.mark.contract(10)
def test_a_raw_ampersand_is_not_xml(market: Market):
    told = error(market.create, Question=EXTERNAL.format(url="https://example.org/?a=1&b=2"))
    assert told["Code"] == "ParameterValidationError"
    assert "error parsing the XML" in told["Message"]


@pytest.mark.contract(11)
@pytest.mark.parametrize(
    "question",
    [
        EXTERNAL.format(url="http://example.org/"),
        EXTERNAL.format(url="https://example.org/").replace("2006-07-14", "2006-07-15"),
        EXTERNAL.format(url="https://example.org/").replace("ExternalQuestion>", "OtherQuestion>"),
        "<p>hello</p>",
    ],
)
def test_another_document_is_refused(market: Market, question: str):
    assert error(market.create, Question=question)["Code"] == "ParameterValidationError"
    assert count(market) == 0


@pytest.mark.contract(12)
def test_a_hit_has_a_question_or_a_layout(market: Market):
    order = {"HITTypeId": market.hit_type(), "LifetimeInSeconds": 60}
    create = market.client.create_hit_with_hit_type
    assert error(create, **order)["Code"] == "ParameterValidationError"
    both = {"Question": QUESTION, "HITLayoutId": "3LAYOUT"}
    assert error(create, **order, **both)["Code"] == "ParameterValidationError"
    assert error(create, **order, HITLayoutId="3LAYOUT")["TurkErrorCode"].endswith("HITLayoutDoesNotExist")


def test_a_layout_is_filled_in(market: Market):
    account, layout_id = market.account, ids.entity()
    market.do(
        lambda s: s.add(
            Layout(
                account_id=account.id,
                external_id=layout_id,
                name="pets",
                html="<p>${animal}</p><input name='label'>",
                created_at=market.clock(),
            )
        )
    )
    order = {"HITTypeId": market.hit_type(), "LifetimeInSeconds": 60, "HITLayoutId": layout_id}
    create = market.client.create_hit_with_hit_type
    hit = create(**order, HITLayoutParameters=[{"Name": "animal", "Value": "cat & dog"}])["HIT"]
    assert "<p>cat & dog</p>" in hit["Question"]
    assert hit["HITLayoutId"] == layout_id
    assert error(create, **order)["Code"] == "ParameterValidationError"


@pytest.mark.contract(13)
def test_two_ways_to_guard_a_hit_do_not_go_together(market: Market):
    wanted = {
        "QualificationTypeId": "00000000000000000040",
        "Comparator": "GreaterThan",
        "IntegerValues": [10],
        "RequiredToPreview": True,
        "ActionsGuarded": "Accept",
    }
    told = error(market.hit_type, QualificationRequirements=[wanted])
    assert told["Code"] == "InvalidParameterCombinationError"


@pytest.mark.contract(14)
@pytest.mark.parametrize(
    "terms",
    [
        {"AssignmentDurationInSeconds": 29},
        {"AssignmentDurationInSeconds": 31_536_001},
        {"AutoApprovalDelayInSeconds": -1},
        {"AutoApprovalDelayInSeconds": 2_592_001},
        {"Title": "x" * 129},
        {"Description": "x" * 2001},
        {"Keywords": "x" * 1001},
        {
            "QualificationRequirements": [
                {"QualificationTypeId": "00000000000000000040", "Comparator": "Exists"} for _ in range(11)
            ]
        },
    ],
    ids=lambda terms: next(iter(terms)),
)
def test_a_type_has_limits(market: Market, terms: dict[str, Any]):
    assert error(market.hit_type, **terms)["Code"] == "ParameterValidationError"


@pytest.mark.contract(14)
@pytest.mark.parametrize(
    "order",
    [
        {"LifetimeInSeconds": 29},
        {"LifetimeInSeconds": 31_536_001},
        {"MaxAssignments": 0},
        {"MaxAssignments": 10**9 + 1},
        {"RequesterAnnotation": "x" * 256},
    ],
)
def test_a_hit_has_limits(market: Market, order: dict[str, Any]):
    assert error(market.create, **order)["Code"] == "ParameterValidationError"
    assert count(market) == 0


@pytest.mark.contract(17)
def test_a_replay_names_the_hit_there_is_and_costs_nothing(market: Market):
    hit = market.create(UniqueRequestToken="unit-1")
    before = market.account.held
    market.clock.forward(hours=23)
    told = error(market.create, UniqueRequestToken="unit-1")
    assert (told["Code"], told["TurkErrorCode"]) == ("RequestError", "AWS.MechanicalTurk.HitAlreadyExists")
    named = EXISTS.search(told["Message"])
    assert named
    assert named[1] == hit["HITId"]
    assert (count(market), market.account.held) == (1, before)


@pytest.mark.contract(18)
def test_a_token_is_forgotten_after_a_day(market: Market):
    first = market.create(UniqueRequestToken="unit-1")
    market.clock.forward(hours=24)
    second = market.create(UniqueRequestToken="unit-1")
    assert second["HITId"] != first["HITId"]
    named = EXISTS.search(error(market.create, UniqueRequestToken="unit-1")["Message"])
    assert named
    assert named[1] == second["HITId"]


@pytest.mark.contract(19)
def test_of_many_at_once_one_creates_the_hit(market: Market):
    hit_type = market.hit_type()
    clients = [market.connect(market.pair) for _ in range(8)]

    def create(client: Any) -> str:
        order = {"HITTypeId": hit_type, "LifetimeInSeconds": 60, "Question": QUESTION}
        try:
            hit = client.create_hit_with_hit_type(**order, UniqueRequestToken="unit-1")["HIT"]
        except ClientError as error:
            named = EXISTS.search(str(error))
            return f"again {named[1]}" if named else str(error)
        return f"made {hit['HITId']}"

    with ThreadPoolExecutor(len(clients)) as threads:
        told = Counter(threads.map(create, clients))
    (hit_id,) = (text.removeprefix("made ") for text in told if text.startswith("made "))
    assert told == {f"made {hit_id}": 1, f"again {hit_id}": len(clients) - 1}
    assert count(market) == 1


def test_of_many_at_once_one_makes_the_type(market: Market):
    clients = [market.connect(market.pair) for _ in range(6)]
    terms = {"Title": "t", "Description": "d", "Reward": "0.05", "AssignmentDurationInSeconds": 60}
    with ThreadPoolExecutor(len(clients)) as threads:
        made = threads.map(lambda client: client.create_hit_type(**terms)["HITTypeId"], clients)
    assert len(set(made)) == 1


@pytest.mark.contract(20)
def test_a_request_that_failed_leaves_its_token(market: Market):
    dear, token = market.hit_type(Reward="2000"), {"UniqueRequestToken": "unit-1"}
    assert error(market.create, Question="<p>", **token)["Code"] == "ParameterValidationError"
    assert error(market.create, LifetimeInSeconds=1, **token)["Code"] == "ParameterValidationError"
    assert error(market.create, HITTypeId=dear, **token)["TurkErrorCode"].endswith("InsufficientFunds")
    assert market.create(**token)
    assert count(market) == 1


@pytest.mark.contract(17, 20)
def test_an_extension_happens_once(market: Market):
    hit_id = market.create()["HITId"]
    extend = market.client.create_additional_assignments_for_hit
    order = {"HITId": hit_id, "UniqueRequestToken": "more"}
    assert error(extend, **order, NumberOfAdditionalAssignments=10)["Code"] == "RequestError"
    extend(**order, NumberOfAdditionalAssignments=2)
    assert "already been processed" in error(extend, **order, NumberOfAdditionalAssignments=2)["Message"]
    assert market.get(hit_id)["MaxAssignments"] == 3


@pytest.mark.contract(21)
def test_what_was_committed_is_there_although_the_reply_was_lost(
    market: Market, monkeypatch: pytest.MonkeyPatch
):
    hit_type = market.hit_type()
    order = {"HITTypeId": hit_type, "LifetimeInSeconds": 60, "Question": QUESTION}
    market.post("CreateHITWithHITType", {**order, "UniqueRequestToken": "unit-1"})  # nobody reads the reply
    held = market.account.held
    assert count(market) == 1
    assert EXISTS.search(error(market.create, UniqueRequestToken="unit-1")["Message"])
    assert (count(market), market.account.held) == (1, held)

    def drop(*_: object, **__: object) -> None:
        raise ConnectionAbortedError("lost before the commit")

    monkeypatch.setattr("crowd.turk.operations.hits.replies.shown", drop)
    with pytest.raises(ConnectionAbortedError):
        market.post("CreateHITWithHITType", {**order, "UniqueRequestToken": "unit-2"})
    monkeypatch.undo()
    assert (count(market), market.account.held) == (1, held)
    assert market.create(UniqueRequestToken="unit-2")


def test_a_token_counts_within_its_operation(market: Market):
    hit = market.create(UniqueRequestToken="same")
    market.client.create_additional_assignments_for_hit(
        HITId=hit["HITId"], NumberOfAdditionalAssignments=1, UniqueRequestToken="same"
    )
    assert market.get(hit["HITId"])["MaxAssignments"] == 2


class TestOneTokenForAll:
    """Where nobody knows: a token may count for the whole account."""

    @pytest.fixture
    def profile(self) -> Profile:
        return replace(AWS, token_per_operation=False)

    def test_a_token_counts_within_the_account(self, market: Market):
        hit = market.create(UniqueRequestToken="same")
        extend = market.client.create_additional_assignments_for_hit
        order = {"HITId": hit["HITId"], "NumberOfAdditionalAssignments": 1, "UniqueRequestToken": "same"}
        assert "already been processed" in error(extend, **order)["Message"]


def test_what_a_key_spends_is_in_the_audit_chain(market: Market):
    hit_id = market.create()["HITId"]
    market.client.approve_assignment(AssignmentId=market.done("wim", hit_id))
    with market.database.read() as session:
        noted = session.execute(select(AuditEntry.actor, AuditEntry.action).order_by(AuditEntry.id)).all()
    actor = f"market_key:{market.pair[0]}"
    assert (actor, "market.create") in noted
    assert (actor, "market.approve") in noted
