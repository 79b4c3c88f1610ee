"""Killed at any point of publishing, collecting, approving and bonuses: after a restart all is done once."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from crowd.channels.mturk import client as clients
from crowd.db import Database
from tests.fakes import wire
from tests.fakes.turk import Turk
from tests.integration.crashing import Forge
from tests.integration.mturk import killed
from tests.integration.mturk.conftest import Shop, caller
from tests.integration.mturk.conftest import shop as make_shop
from tests.integration.mturk.stall import Stall
from tests.integration.world import Clock

ACT = "tests.integration.mturk.killed"
KILLED = -signal.SIGKILL
# Longer than a sender holds its right to send.
REST = 600
ITEMS = 12


@pytest.fixture
def forge(migrated_url: str) -> Iterator[Forge]:
    forge = Forge(migrated_url)
    yield forge
    forge.close()


@pytest.mark.contract(25, 49, 57)
@pytest.mark.parametrize("stride", [29, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_anywhere_everything_is_done_once(database: Database, forge: Forge, stride: int) -> None:
    turk = Turk()
    with wire.served(turk) as url:
        stall = at(database, turk, url)
        forge.here(f"{ACT}:warm", url)
        code, boundary, rounds = KILLED, stride // 2, 0
        while code == KILLED:
            wanted = stall.shop.world.item(f"i{rounds % ITEMS:02d}").key
            stall.shop.world.ask_again(wanted, cause=f"round {rounds}")
            work_on_everything(turk, stall, rounds)
            arguments = url, stall.project_id, stall.turk.now - clock_start()
            code = forge.child(f"{ACT}:round_trip", *arguments, boundary=boundary)
            assert code in (KILLED, 0)
            stall.shop.clock.forward(REST)
            recover(database, url, stall)
            boundary, rounds = boundary + stride, rounds + 1
        work_on_everything(turk, stall, rounds)
        recover(database, url, stall)
        assert rounds > 3
        check(stall, turk)


def at(database: Database, turk: Turk, url: str) -> Stall:
    clock = Clock()

    def forward(seconds: float) -> None:
        Clock.forward(clock, seconds)
        turk.forward(seconds)

    clock.forward = forward  # type: ignore[method-assign]
    shop: Shop = make_shop(
        database, wire.inside(turk), url, clock, items=ITEMS, hit_size=1, overlap=1, max_overlap=99
    )
    shop.caller = caller(clients.connect(url, **wire.KEYS), clock)
    return Stall(shop, turk)


def clock_start() -> float:
    from tests.fakes.turk import START

    return START


def work_on_everything(turk: Turk, stall: Stall, number: int) -> None:
    """Let somebody new take some of what is on offer, known to us or not."""
    for hit in list(turk.hits.values())[number * 3 : number * 3 + 3]:
        if turk.available(hit) > 0:
            turk.work(hit["id"], f"AW{number}", [("crowd", '{"answers": {"q1": "a"}}')])


def recover(database: Database, url: str, stall: Stall) -> None:
    """Do what a restarted process does."""
    seconds = stall.turk.now - clock_start()
    killed.round_trip(database, url, stall.project_id, seconds)


def check(stall: Stall, turk: Turk) -> None:
    made = Counter(hit["annotation"] for hit in turk.hits.values())
    assert set(made.values()) == {1}
    assert {hit.external_id for hit in stall.shop.hits()} == set(turk.hits)
    rewards = Counter(paid.assignment for paid in turk.paid if paid.kind == "reward")
    bonuses = Counter(paid.assignment for paid in turk.paid if paid.kind == "bonus")
    submitted = {task.id for task in turk.tasks if task.status != "Accepted"}
    assert rewards == bonuses == Counter(dict.fromkeys(submitted, 1))
    assert {page.external_id for page in stall.assignments()} == submitted
    assert stall.posted() == turk.spent()
    stall.shop.world.sound()
