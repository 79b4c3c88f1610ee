"""A storm of faults over thousands of calls: in the end our ledger says what the endpoint truly did."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from crowd.db import Database
from crowd.errors import CrowdError
from crowd.models import Assignment, OutboxEntry
from crowd.services.mturk import bonuses
from tests.fakes.turk import Turk
from tests.integration.mturk.stall import Stall, stall

CENT = 10_000
WORKERS = [f"AW{number}" for number in range(40)]


@pytest.mark.contract(22, 23, 24, 30, 35, 40, 49, 57)
@pytest.mark.parametrize(
    ("seed", "calls"),
    [
        pytest.param(1, 500, id="small"),
        *(pytest.param(seed, 1_500, marks=pytest.mark.slow) for seed in (2, 3)),
    ],
)
def test_after_a_storm_nothing_is_doubled_lost_or_unpaid(database: Database, seed: int, calls: int) -> None:
    rng = Random(seed)
    turk = Turk(balance=10_000_000, reissues=True, newest_first=seed % 2 == 0)
    turk.faults.random, turk.faults.chance = Random(seed), 0.2
    place = stall(database, turk, items=120, hit_size=2, overlap=3, max_overlap=1000, cap=10**12)
    turns = 0
    while len(turk.calls) < calls:
        storm(place, rng, turns)
        turns += 1
    turk.faults.chance = 0.0
    calm(place)
    check(place)


def storm(place: Stall, rng: Random, number: int) -> None:
    """Do a bit of everything, whatever fails."""
    people(place, rng)
    keys = [f"i{n:02d}" for n in rng.sample(range(100), 5)]
    place.shop.world.ask_again(*keys, cause=f"storm {number}")
    acts = [place.shop.publish, place.collect, place.judge, place.send, place.shop.reconcile]
    for act in acts:
        try:
            act()
        except CrowdError:
            continue  # a list that could not be read: the next turn tries again
    reward(place, rng)
    place.shop.clock.forward(rng.choice([60, 600, 7200]))


def people(place: Stall, rng: Random) -> None:
    turk = place.turk
    for hit in rng.sample(list(turk.hits.values()), min(30, len(turk.hits))):
        taken = {task.worker for task in turk.live(hit["id"])}
        free = [worker for worker in WORKERS if worker not in taken]
        if turk.available(hit) <= 0:
            continue
        name = turk.accept(hit["id"], rng.choice(free))
        if rng.random() < 0.2:
            turk.give_back(name)
        elif rng.random() < 0.9:
            text = '{"answers": {"q1": "a", "q2": "b"}}' if rng.random() < 0.9 else "nonsense"
            turk.submit(name, [("crowd", text)])


def reward(place: Stall, rng: Random) -> None:
    pages = place.assignments()
    for page in rng.sample(pages, min(3, len(pages))):
        for _ in range(2):  # two operators

            def give(session: object, project: object, page: Assignment = page) -> OutboxEntry:
                return bonuses.bonus(session, project, page, 5 * CENT, "good", now=place.shop.clock())  # type: ignore[arg-type]

            place.shop.world.do(give)


def calm(place: Stall) -> None:
    """Let everything come to rest: what is under way, then all deadlines."""
    for seconds in (600, 86_400, 4 * 86_400, 86_400):
        place.shop.clock.forward(seconds)
        place.shop.reconcile()
        place.collect()
        place.judge()
        place.send()
    place.shop.reconcile()


def check(place: Stall) -> None:
    turk = place.turk
    assert {entry.state for entry in place.shop.entries()} == {"done"}
    annotations = Counter(hit["annotation"] for hit in turk.hits.values())
    assert set(annotations.values()) == {1}, "a page was published twice"
    assert {hit.external_id for hit in place.shop.hits()} == set(turk.hits), "a HIT nobody knows of"
    submitted = {task.id: task for task in turk.tasks if task.status != "Accepted"}
    assert {page.external_id for page in place.assignments()} == set(submitted)
    rewards = Counter((paid.worker, paid.assignment) for paid in turk.paid if paid.kind == "reward")
    assert rewards == Counter((task.worker, name) for name, task in submitted.items())
    bonuses_paid = Counter(paid.assignment for paid in turk.paid if paid.kind == "bonus")
    assert set(bonuses_paid.values()) == {1}
    assert place.posted() == turk.spent()
    outcomes = Counter(call.fault for call in turk.calls)
    assert len(outcomes) == 11, "every kind of fault happened"
    place.shop.world.sound()
