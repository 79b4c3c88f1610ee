"""Bonuses: to the right worker, for work handed in, once per token, out of money that is there."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest

from crowd.services.market import money
from crowd.services.people import messages
from tests.integration.market.conftest import Market


def send(market: Market, assignment_id: str, name: str = "bo", **more: Any) -> None:
    given = {"WorkerId": market.person(name), "BonusAmount": "1.00", "Reason": "well done"}
    market.client.send_bonus(AssignmentId=assignment_id, **(given | more))


def balance(market: Market) -> str:
    return str(market.client.get_account_balance()["AvailableBalance"])


def paid(market: Market, **about: str) -> list[dict[str, Any]]:
    pages = market.client.get_paginator("list_bonus_payments").paginate(**about)
    return list(pages.build_full_result()["BonusPayments"])


@pytest.fixture
def assignment_id(market: Market) -> str:
    return market.done("bo", market.create(MaxAssignments=3)["HITId"])


@pytest.mark.contract(58)
def test_a_bonus_costs_a_fifth_more_and_is_told_to_the_worker(market: Market, assignment_id: str):
    before = balance(market)
    send(market, assignment_id)
    assert float(before) - float(balance(market)) == pytest.approx(1.20)
    worker = market.worker("bo")
    inbox = market.do(lambda s: messages.for_worker(s, worker, limit=1))
    assert inbox[0].text == "You were paid a bonus of $1.00: well done"


def test_payments_are_listed_by_hit_and_by_assignment(market: Market, assignment_id: str):
    hit_id = market.client.get_assignment(AssignmentId=assignment_id)["HIT"]["HITId"]
    other = market.done("cy", hit_id)
    send(market, assignment_id, BonusAmount="0.5")
    send(market, other, "cy", BonusAmount="2")
    assert [each["BonusAmount"] for each in paid(market, HITId=hit_id)] == ["0.50", "2.00"]
    [only] = paid(market, AssignmentId=other)
    assert only == {
        "WorkerId": market.person("cy"),
        "BonusAmount": "2.00",
        "AssignmentId": other,
        "Reason": "well done",
        "GrantTime": only["GrantTime"],
    }
    assert only["GrantTime"] == market.clock()
    assert paid(market, HITId="3UNKNOWN") == []


def test_one_of_both_ids_has_to_be_given(market: Market):
    with pytest.raises(market.client.exceptions.ClientError, match="Either HITId or AssignmentId"):
        market.client.list_bonus_payments()


@pytest.mark.contract(55)
def test_nothing_is_paid_unless_worker_and_assignment_match(market: Market, assignment_id: str):
    hit_id = market.create()["HITId"]
    accepted = market.accept("bo", hit_id)
    before = balance(market)
    cases = [
        (assignment_id, "cy", "RequestError"),
        ("3UNKNOWN", "bo", "RequestError"),
        (accepted, "bo", "RequestError"),
    ]
    codes = []
    for wrong, name, _ in cases:
        with pytest.raises(market.client.exceptions.RequestError) as refused:
            send(market, wrong, name)
        codes.append(refused.value.response["TurkErrorCode"].removeprefix("AWS.MechanicalTurk."))
    assert codes == ["InvalidParameterValue", "AssignmentDoesNotExist", "InvalidAssignmentState"]
    assert balance(market) == before
    assert paid(market, AssignmentId=assignment_id) == []


@pytest.mark.contract(55)
@pytest.mark.parametrize("verdict", ["approve_assignment", "reject_assignment"])
def test_work_that_was_decided_can_have_a_bonus(market: Market, assignment_id: str, verdict: str):
    feedback = {"RequesterFeedback": "see the guide"}
    getattr(market.client, verdict)(AssignmentId=assignment_id, **feedback)
    send(market, assignment_id)
    assert len(paid(market, AssignmentId=assignment_id)) == 1


@pytest.mark.contract(34)
def test_a_bonus_never_goes_to_another_who_had_the_same_id(market: Market):
    hit_id = market.create()["HITId"]
    first = market.accept("bo", hit_id)
    market.give_back(first)
    again = market.accept("cy", hit_id)
    assert again == first
    market.submit(again)
    with pytest.raises(market.client.exceptions.RequestError, match="Submitted,Approved,Rejected"):
        send(market, again, "bo")
    send(market, again, "cy")
    assert [each["WorkerId"] for each in paid(market, AssignmentId=again)] == [market.person("cy")]


@pytest.mark.contract(56)
def test_a_replay_pays_nothing_and_says_so(market: Market, assignment_id: str):
    send(market, assignment_id, UniqueRequestToken="t1")
    before = balance(market)
    with pytest.raises(market.client.exceptions.RequestError) as refused:
        send(market, assignment_id, UniqueRequestToken="t1")
    said = refused.value.response["Error"]["Message"]
    assert 'The idempotency token "t1" has already been processed.' in said
    assert balance(market) == before
    assert len(paid(market, AssignmentId=assignment_id)) == 1


@pytest.mark.contract(56)
def test_a_token_counts_for_a_day(market: Market, assignment_id: str):
    for _ in range(2):
        send(market, assignment_id, UniqueRequestToken="t1")
        market.clock.forward(hours=24, seconds=1)
    assert len(paid(market, AssignmentId=assignment_id)) == 2


@pytest.mark.contract(56)
def test_of_many_at_once_with_one_token_one_pays(market: Market, assignment_id: str):
    worker_id, start, refused = market.person("bo"), Barrier(6), []

    def pay() -> None:
        client = market.connect(market.pair)
        start.wait()
        try:
            client.send_bonus(
                WorkerId=worker_id,
                AssignmentId=assignment_id,
                BonusAmount="1.00",
                Reason="well done",
                UniqueRequestToken="t1",
            )
        except client.exceptions.RequestError as error:
            refused.append(str(error))

    threads = [Thread(target=pay) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert all("already been processed" in text for text in refused)
    assert len(paid(market, AssignmentId=assignment_id)) == 1


@pytest.mark.contract(20, 56)
def test_a_refused_bonus_leaves_its_token_unspent(market: Market, assignment_id: str):
    with pytest.raises(market.client.exceptions.RequestError):
        send(market, assignment_id, "cy", UniqueRequestToken="t1")
    send(market, assignment_id, UniqueRequestToken="t1")


def test_a_bonus_needs_money(market: Market):
    poor = market.client_of("zoe", funds="1.00")
    kind = poor.create_hit_type(Title="t", Description="d", Reward="0.01", AssignmentDurationInSeconds=60)[
        "HITTypeId"
    ]
    from tests.integration.market.conftest import QUESTION

    hit_id = poor.create_hit_with_hit_type(HITTypeId=kind, LifetimeInSeconds=3600, Question=QUESTION)["HIT"][
        "HITId"
    ]
    worker = market.worker("bo", requester="zoe")
    from crowd.models.market import MarketHit
    from crowd.services.market import account as accounts
    from crowd.services.market import work

    def act(session):
        hit = session.get_one(MarketHit, market.hit(hit_id).id)
        made = work.accept(session, worker, hit, now=market.clock())
        work.submit(session, made.external_id, [("a", "b")], now=market.clock())
        return made.external_id, accounts.person(session, worker)

    assignment_id, worker_id = market.do(act)
    with pytest.raises(poor.exceptions.RequestError, match="insufficient funds"):
        poor.send_bonus(
            WorkerId=worker_id,
            AssignmentId=assignment_id,
            BonusAmount="0.90",
            Reason="r",
            UniqueRequestToken="t",
        )
    poor.send_bonus(
        WorkerId=worker_id, AssignmentId=assignment_id, BonusAmount="0.80", Reason="r", UniqueRequestToken="t"
    )
    assert money.balance(market.account_of("zoe")) == 20_000  # 1.00 - 0.02 held - 0.80 - 0.16


@pytest.mark.parametrize("wrong", [{"BonusAmount": "0"}, {"BonusAmount": "0.00"}, {"Reason": "  "}])
def test_no_amount_and_no_reason_are_refused(market: Market, assignment_id: str, wrong: dict[str, str]):
    with pytest.raises(market.client.exceptions.ClientError) as refused:
        send(market, assignment_id, **wrong)
    assert refused.value.response["Error"]["Code"] == "ParameterValidationError"


@pytest.mark.contract(52)
def test_a_rejection_needs_a_reason(market: Market, assignment_id: str):
    for feedback in ("", "   "):
        with pytest.raises(market.client.exceptions.ClientError):
            market.client.reject_assignment(AssignmentId=assignment_id, RequesterFeedback=feedback)
    assert market.post("RejectAssignment", {"AssignmentId": assignment_id}).status_code == 400
    found = market.client.get_assignment(AssignmentId=assignment_id)["Assignment"]
    assert found["AssignmentStatus"] == "Submitted"
