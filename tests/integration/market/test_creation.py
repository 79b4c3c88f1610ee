"""HIT types and HITs come into being through an ordinary boto3 client."""

from __future__ import annotations

import pytest

from tests.integration.market.conftest import Market


@pytest.mark.contract(16)
def test_equal_values_are_one_hit_type(market: Market):
    assert market.hit_type() == market.hit_type(Reward="0.05")


def test_a_hit_is_as_it_was_asked_for(market: Market):
    hit = market.create(MaxAssignments=5, RequesterAnnotation="unit 1")
    assert market.get(hit["HITId"]) == hit
    assert hit["HITStatus"] == "Assignable"
    assert (hit["NumberOfAssignmentsAvailable"], hit["Reward"]) == (5, "0.05")
