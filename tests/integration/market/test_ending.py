"""How programs end a HIT: at once, by a time long ago, and for good."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.integration.market.conftest import Market


@pytest.mark.contract(37, 42)
def test_a_hit_that_is_ended_by_the_time_0_stays_to_be_reviewed_and_deleted(market: Market):
    hit_id = market.create()["HITId"]
    market.client.update_expiration_for_hit(HITId=hit_id, ExpireAt=0)
    assert market.get(hit_id)["HITStatus"] == "Reviewable"
    market.clock.forward(days=30)
    market.sweep()
    assert market.get(hit_id)["HITStatus"] == "Reviewable"
    market.client.delete_hit(HITId=hit_id)
    with pytest.raises(ClientError, match="currently in the state 'Disposed'"):
        market.client.delete_hit(HITId=hit_id)
