"""Two channels, and the endpoint fails in the middle of a turn: the own people go on, and it is said."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from crowd.channels.mturk.calls import READ_ATTEMPTS
from crowd.channels.mturk.errors import CallError
from crowd.db import Database
from crowd.services import loop
from crowd.services.mturk import collect
from tests.integration.mturk.two_channels import Shared, shared


@pytest.fixture
def shop(database: Database, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """A project of two channels that lists its HITs at every look, however few they are."""
    shop = shared(database, when="tie_break", items=2, overlap=1, hit_size=2)
    monkeypatch.setattr(loop, "channel_of", lambda _: shop.stall.shop.channel)
    monkeypatch.setattr(collect, "MANY", 0)
    return shop


def step(shop: Shared) -> loop.Turn:
    return loop.step(shop.world.database, shop.world.project_id, clock=shop.world.clock)


def fail(shop: Shared) -> None:
    """Let the endpoint fail the next look for HITs, however often it is repeated."""
    shop.stall.turk.faults.add("drop", "ListHITs", times=READ_ATTEMPTS)


def test_the_own_people_go_on_and_it_is_said(shop: Shared) -> None:
    shop.answer("p1", "a")
    fail(shop)
    with capture_logs() as said:
        turn = step(shop)
    assert turn.decided.enough == 2
    assert (turn.unreached or "").startswith("ListHITs")
    assert [line["event"] for line in said if line["log_level"] == "warning"] == ["endpoint failed"]
    assert step(shop).unreached is None
    shop.exact()


def test_a_project_of_one_channel_fails(shop: Shared) -> None:
    shop.world.configure(channel="mturk", second_channel=None, second_when=None, second_price_micros=None)
    fail(shop)
    with pytest.raises(CallError, match="ListHITs"):
        step(shop)
