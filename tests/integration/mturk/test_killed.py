"""A publisher is killed at any moment: the next one goes on, and every page is one HIT that is known."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.models import Hit, OutboxEntry
from tests.fakes.turk import Turk
from tests.fakes.wire import served
from tests.integration import world
from tests.integration.crashing import Forge
from tests.integration.mturk import publishing
from tests.integration.world import World

# Lease, plan, mark, call, record, resign: fewer boundaries than this would mean that most were never reached.
FEWEST = 40
LEASE = 1000  # seconds, longer than any


@pytest.fixture
def forge(migrated_url: str) -> Iterator[Forge]:
    """Start the process whose children are killed."""
    forge = Forge(migrated_url, publishing.serve)
    yield forge
    forge.close()


def one_hit_each(shop: World, turk: Turk) -> None:
    made = OutboxEntry.operation == "CreateHITWithHITType"
    tokens = shop.rows(select(OutboxEntry.token).where(made))
    assert Counter(hit["annotation"] for hit in turk.hits.values()) == Counter(tokens)
    assert Counter(shop.rows(select(Hit.external_id))) == Counter(list(turk.hits))


@pytest.mark.contract(25)
def test_at_every_boundary_a_kill_leaves_one_hit_for_every_page(database: Database, forge: Forge) -> None:
    turk = Turk(balance=10_000_000)
    with served(turk) as endpoint:
        settings = {"channel": "mturk", "endpoint": endpoint, "hit_size": 1, "overlap": 1}
        shop = world.make(database, items=3, max_overlap=10_000, **settings)
        forge.here("publish", shop.project_id, endpoint, 0)
        for boundary in count():
            shop.ask_again("i00", "i01", cause=f"boundary {boundary}")
            later = 2 * LEASE * (boundary + 1)
            code = forge.child("publish", shop.project_id, endpoint, later, boundary=boundary)
            if code == 0:
                break
            assert code == -signal.SIGKILL
            forge.here("publish", shop.project_id, endpoint, later + LEASE)
            one_hit_each(shop, turk)
        one_hit_each(shop, turk)
    assert boundary >= FEWEST, "most statements were never reached"
    assert len(turk.hits) == 3 + 2 * (boundary + 1)
    assert world.violations(database) == []


@pytest.mark.contract(25, 26)
def test_whoever_comes_a_day_after_a_kill_looks_first(database: Database, forge: Forge) -> None:
    day = 86_400
    turk = Turk(balance=10_000_000)
    with served(turk) as endpoint:
        settings = {"channel": "mturk", "endpoint": endpoint, "hit_size": 1, "overlap": 1}
        shop = world.make(database, items=3, max_overlap=10_000, **settings)
        forge.here("publish", shop.project_id, endpoint, 0)
        for boundary in range(10, 60, 7):
            shop.ask_again("i00", "i01", cause=f"boundary {boundary}")
            turk.forward(3 * day)
            seconds = int(turk.now - world.START.timestamp())
            assert forge.child("publish", shop.project_id, endpoint, seconds, boundary=boundary) in (0, -9)
            turk.forward(2 * day)  # by now the endpoint has forgotten every token
            forge.here("publish", shop.project_id, endpoint, seconds + 2 * day)
            one_hit_each(shop, turk)
    assert world.violations(database) == []
