"""A project that publishes to an endpoint of the protocol: crowd's own, in process, or a fake that fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from crowd.channels.mturk.calls import Caller
from crowd.channels.mturk.pacing import Pace
from crowd.db import Database
from crowd.models import Hit, OutboxEntry
from crowd.services.mturk import channel, reconcile
from crowd.services.mturk.channel import Mturk
from crowd.services.mturk.sender import Sent
from tests.fakes.turk import Turk
from tests.fakes.wire import ADDRESS, inside
from tests.integration import world
from tests.integration.market.conftest import ENDPOINT, Market, market, profile
from tests.integration.world import Clock, World

__all__ = ["market", "profile"]


@dataclass
class Shop:
    """One project and the endpoint it publishes to."""

    world: World
    caller: Caller
    clock: Clock

    @property
    def endpoint(self) -> str:
        return self.channel.endpoint

    @property
    def channel(self) -> Mturk:
        endpoint = self.world.do(lambda _, project: project.endpoint)
        assert endpoint is not None
        return Mturk(self.caller, endpoint)

    def publish(self) -> Sent:
        return self.channel.publish(self.world.database, self.world.project_id, clock=self.clock)

    def resume(self) -> int:
        return self.world.do(lambda s, p: channel.resume(s, p, clock=self.clock))

    def reconcile(self) -> reconcile.Reconciled | None:
        return reconcile.reconcile(self.world.database, self.caller, endpoint=self.endpoint, clock=self.clock)

    def hits(self) -> list[Hit]:
        return self.world.rows(select(Hit).where(Hit.project_id == self.world.project_id).order_by(Hit.id))

    def entries(self, *where: Any) -> list[OutboxEntry]:
        mine = OutboxEntry.project_id == self.world.project_id
        return self.world.rows(select(OutboxEntry).where(mine, *where).order_by(OutboxEntry.id))

    def held(self) -> int:
        """Return what the budget holds, in micro-dollars."""
        return self.world.rows(select(world.Budget.held).where(mine_budget(self.world)))[0]


def mine_budget(shop: World) -> Any:
    return world.Budget.project_id == shop.project_id


def caller(client: Any, clock: Clock) -> Caller:
    """Return a caller that waits on a clock that is moved, not on time."""
    start = clock.now

    def seconds() -> float:
        return (clock.now - start).total_seconds()

    def sleep(rest: float) -> None:
        clock.forward(rest + 0.001)  # a clock that counts microseconds would never quite get there

    return Caller(client, Pace(seconds, sleep))


def shop(database: Database, client: Any, endpoint: str, clock: Clock, **settings: Any) -> Shop:
    """Make a project with items that want answers, at this endpoint."""
    posting = settings.pop("posting", {})
    given = {"channel": "mturk", "endpoint": endpoint, "posting": posting, "hit_size": 2, **settings}
    made = world.make(database, **given)
    made.clock = clock
    return Shop(made, caller(client, clock), clock)


@pytest.fixture
def open_shop(market: Market, database: Database) -> Callable[..., Shop]:
    """Make projects that publish to crowd's own endpoint."""
    clock = Clock()
    market.clock.now = clock.now
    clock_of_market = market.clock

    def forward(seconds: float) -> None:
        Clock.forward(clock, seconds)
        clock_of_market.now = clock.now

    clock.forward = forward  # type: ignore[method-assign]

    def make(**settings: Any) -> Shop:
        return shop(database, market.client, ENDPOINT, clock, **settings)

    return make


@pytest.fixture
def turk() -> Turk:
    """An endpoint that breaks on purpose."""
    return Turk()


@pytest.fixture
def fake_shop(turk: Turk, database: Database) -> Callable[..., Shop]:
    """Make projects that publish to the fake; its clock goes with ours."""
    clock = Clock()
    turk.now = clock.now.timestamp()

    def forward(seconds: float) -> None:
        Clock.forward(clock, seconds)
        turk.forward(seconds)

    clock.forward = forward  # type: ignore[method-assign]

    def make(endpoint: str = ADDRESS, **settings: Any) -> Shop:
        return shop(database, inside(turk, endpoint=endpoint), endpoint, clock, **settings)

    return make
