"""A HIT type without a delay approves as soon as something is handed in."""

from __future__ import annotations

import pytest

from tests.integration.market.conftest import Market


@pytest.mark.contract(50, 60)
def test_work_without_a_delay_is_approved_and_paid_at_once(market: Market):
    hit_type = market.hit_type(Reward="0.01", AutoApprovalDelayInSeconds=0)
    hit = market.create(HITTypeId=hit_type, MaxAssignments=2)
    first = market.done("ann", hit["HITId"])
    assert market.client.get_assignment(AssignmentId=first)["Assignment"]["AssignmentStatus"] == "Approved"
    assert market.get(hit["HITId"])["NumberOfAssignmentsCompleted"] == 1
    market.done("ben", hit["HITId"])
    assert market.get(hit["HITId"])["HITStatus"] == "Reviewable"
    # Two rewards of a cent, and the least fee for each.
    assert market.client.get_account_balance()["AvailableBalance"] == "999.96"
    assert (market.account.held, market.account.spent) == (0, 40_000)
