"""Whom a program keeps out: blocked workers find and accept nothing, and may come back."""

from __future__ import annotations

import pytest

from crowd.services import roster
from crowd.services.market import work
from crowd.services.market.refusals import Refused
from tests.integration.market.conftest import Market


def seen(market: Market, name: str) -> int:
    worker = market.worker(name)
    return len(market.do(lambda s: work.open_hits(s, worker, now=market.clock())))


def test_a_blocked_worker_finds_and_accepts_nothing_until_unblocked(market: Market):
    hit_id, worker_id = market.create(MaxAssignments=3)["HITId"], market.person("bo")
    market.client.create_worker_block(WorkerId=worker_id, Reason="spam")
    assert seen(market, "bo") == 0
    assert seen(market, "cy") == 1
    with pytest.raises(Refused, match="does not take work from you"):
        market.accept("bo", hit_id)
    market.client.delete_worker_block(WorkerId=worker_id, Reason="sorry")
    market.accept("bo", hit_id)


def test_work_accepted_before_the_block_can_be_submitted(market: Market):
    assignment_id = market.accept("bo", market.create()["HITId"])
    market.client.create_worker_block(WorkerId=market.person("bo"), Reason="spam")
    assert market.submit(assignment_id).state == "submitted"


def test_blocks_are_listed_once_with_the_latest_reason(market: Market):
    for reason in ("spam", "still spam"):
        market.client.create_worker_block(WorkerId=market.person("bo"), Reason=reason)
    market.client.create_worker_block(WorkerId=market.person("cy"), Reason="rude")
    blocks = market.client.get_paginator("list_worker_blocks").paginate().build_full_result()["WorkerBlocks"]
    assert blocks == [
        {"WorkerId": market.person("bo"), "Reason": "still spam"},
        {"WorkerId": market.person("cy"), "Reason": "rude"},
    ]


def test_unblocking_whom_nothing_keeps_out_succeeds(market: Market):
    market.client.delete_worker_block(WorkerId=market.person("bo"))
    assert market.client.list_worker_blocks()["NumResults"] == 0


@pytest.mark.parametrize("operation", ["create_worker_block", "delete_worker_block"])
def test_strangers_are_no_value_for_a_worker_id(market: Market, operation: str):
    market.client_of("zoe")
    theirs = market.worker("bo", requester="zoe")
    from crowd.services.market import account as accounts

    stranger = market.do(lambda s: accounts.person(s, theirs))
    for worker_id in (stranger, "A1NOBODY"):
        with pytest.raises(market.client.exceptions.ClientError, match="WorkerId") as refused:
            getattr(market.client, operation)(WorkerId=worker_id, Reason="spam")
        assert refused.value.response["Error"]["Code"] == "ParameterValidationError"


def test_one_requesters_block_is_not_anothers(market: Market):
    other = market.client_of("zoe")
    market.client.create_worker_block(WorkerId=market.person("bo"), Reason="spam")
    assert other.list_worker_blocks()["NumResults"] == 0


def test_a_ban_from_all_projects_holds_for_programs_too(market: Market):
    hit_id, worker = market.create()["HITId"], market.worker("bo")
    market.do(
        lambda s: roster.restrict(
            s, worker, project=None, kind="banned", reason="x", facts={}, actor="test", now=market.clock()
        )
    )
    with pytest.raises(Refused, match="banned in all projects"):
        market.accept("bo", hit_id)
