"""HITs are published to an endpoint: each page once, paid for before it is offered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crowd.models import OutboxEntry
from tests.integration.market.conftest import Market
from tests.integration.mturk.conftest import Shop
from workers.fees import CENT

OpenShop = Callable[..., Shop]


@pytest.mark.contract(22)
def test_every_page_becomes_a_hit_that_is_known_by_its_id(open_shop: OpenShop, market: Market) -> None:
    shop = open_shop(items=5, overlap=3)
    sent = shop.publish()
    assert (sent.done, sent.failed, sent.later) == (3 + 2, 0, 0)  # two rewards: the last page is shorter
    listed = market.client.list_hits(MaxResults=100)["HITs"]
    assert {hit.external_id for hit in shop.hits()} == {hit["HITId"] for hit in listed}
    assert {(hit["Reward"], hit["MaxAssignments"]) for hit in listed} == {("0.06", 3), ("0.03", 3)}
    annotations = {hit["RequesterAnnotation"] for hit in listed}
    assert annotations == {
        entry.token for entry in shop.entries(OutboxEntry.operation == "CreateHITWithHITType")
    }
    assert all(hit.expires_at is not None for hit in shop.hits())
    shop.world.sound()


def test_publishing_again_makes_nothing_new(open_shop: OpenShop, market: Market) -> None:
    shop = open_shop(items=4)
    shop.publish()
    before = market.client.list_hits(MaxResults=100)["HITs"]
    assert shop.publish().tried == 0
    assert market.client.list_hits(MaxResults=100)["HITs"] == before


@pytest.mark.contract(46)
def test_what_is_wanted_later_is_asked_in_new_hits_never_in_larger_ones(
    open_shop: OpenShop, market: Market
) -> None:
    shop = open_shop(items=2, overlap=11, max_overlap=30)
    shop.publish()
    assert sorted(hit.assignments for hit in shop.hits()) == [2, 9]
    shop.world.ask_again("i00", "i01")
    shop.publish()
    assert sorted(hit.assignments for hit in shop.hits()) == [1, 2, 9]
    assert {hit.fee_micros for hit in shop.hits()} == {CENT}  # of 6 cents; 10 on one HIT would cost 2
    called = {request.headers["X-Amz-Target"].rpartition(b".")[2] for request in market.sent}
    assert b"CreateAdditionalAssignmentsForHIT" not in called
