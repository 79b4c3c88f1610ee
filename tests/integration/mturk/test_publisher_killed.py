"""A publisher is killed at any moment: the next one goes on, and every page is one HIT that is known."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.models import Hit, OutboxEntry
from tests.fakes.turk import START, Turk
from tests.fakes.wire import served
from tests.integration import world
from tests.integration.crashing import NEVER, Forge
from tests.integration.mturk import publishing
from tests.integration.world import World

ACT = "tests.integration.mturk.publishing"
# Lease, plan, mark, call, record, resign: fewer boundaries than this would mean that most were never reached.
FEWEST = 40
REST = 1000  # seconds, longer than a lease
DAY = 86_400


@pytest.fixture
def forge(migrated_url: str) -> Iterator[Forge]:
    """Start the process whose children are killed."""
    forge = Forge(migrated_url)
    yield forge
    forge.close()


def make(database: Database, url: str) -> World:
    settings = {"channel": "mturk", "endpoint": url, "hit_size": 1, "overlap": 1}
    return world.make(database, items=3, max_overlap=10_000, **settings)


def one_hit_each(shop: World, turk: Turk) -> None:
    made = OutboxEntry.operation == "CreateHITWithHITType"
    tokens = shop.rows(select(OutboxEntry.token).where(made))
    assert Counter(hit["annotation"] for hit in turk.hits.values()) == Counter(tokens)
    assert Counter(shop.rows(select(Hit.external_id))) == Counter(list(turk.hits))


@pytest.mark.contract(25)
@pytest.mark.parametrize("stride", [29, pytest.param(1, marks=pytest.mark.slow)])
def test_at_every_boundary_a_kill_leaves_one_hit_for_every_page(
    database: Database, forge: Forge, stride: int
) -> None:
    turk = Turk(balance=10_000_000)
    with served(turk) as url:
        shop = make(database, url)
        forge.here(f"{ACT}:warm", url)
        publishing.publish(database, url, shop.project_id, 0)
        for boundary in count(0, stride):
            shop.ask_again("i00", "i01", cause=f"boundary {boundary}")
            seconds = 2 * REST * (boundary + 1)
            code = forge.child(f"{ACT}:publish", url, shop.project_id, seconds, boundary=boundary)
            if code == 0:
                break
            assert code == -signal.SIGKILL
            publishing.publish(database, url, shop.project_id, seconds + REST)
            one_hit_each(shop, turk)
        one_hit_each(shop, turk)
    assert boundary >= FEWEST, "most statements were never reached"
    assert len(turk.hits) == 3 + 2 * (boundary // stride + 1)
    assert world.violations(database) == []


@pytest.mark.contract(25, 26)
@pytest.mark.parametrize("stride", [22, pytest.param(5, marks=pytest.mark.slow)])
def test_whoever_comes_a_day_after_a_kill_looks_first(database: Database, forge: Forge, stride: int) -> None:
    turk = Turk(balance=10_000_000)
    with served(turk) as url:
        shop = make(database, url)
        forge.here(f"{ACT}:warm", url)
        publishing.publish(database, url, shop.project_id, 0)
        for boundary in range(15, 60, stride):
            shop.ask_again("i00", "i01", cause=f"boundary {boundary}")
            turk.forward(3 * DAY)
            seconds = int(turk.now - START)
            code = forge.child(f"{ACT}:publish", url, shop.project_id, seconds, boundary=boundary)
            assert code in (0, -signal.SIGKILL)
            turk.forward(2 * DAY)  # by now the endpoint has forgotten every token
            publishing.publish(database, url, shop.project_id, seconds + 2 * DAY)
            one_hit_each(shop, turk)
    assert world.violations(database) == []


@pytest.mark.contract(27)
def test_two_processes_on_one_database_make_each_page_once(database: Database, forge: Forge) -> None:
    turk = Turk(balance=10_000_000)
    with served(turk) as url:
        settings = {"channel": "mturk", "endpoint": url, "hit_size": 1, "overlap": 1}
        shop = world.make(database, items=40, **settings)
        forge.here(f"{ACT}:warm", url)
        act = f"{ACT}:publish", url, shop.project_id, 0
        other = threading.Thread(target=forge.child, args=act, kwargs={"boundary": NEVER})
        other.start()
        publishing.publish(database, url, shop.project_id, 0)
        other.join()
        publishing.publish(database, url, shop.project_id, REST)
        one_hit_each(shop, turk)
    assert len(turk.hits) == 40
    assert sum(call.operation == "CreateHITWithHITType" for call in turk.calls) == 40
