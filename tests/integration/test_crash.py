"""A process is killed at any moment: what it acknowledged is stored, and the next one goes on from there."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from crowd.channels import Replay
from crowd.db import Database
from crowd.models import Answer, Assignment, Hit, Item, Slot
from crowd.services import pack
from tests.integration import crashing, world
from tests.integration.crashing import Forge
from tests.integration.world import START, World

ITEMS = 60
FEWEST = 6
OVERLAP = 3


def stored(shop: World, name: Any) -> dict[str, dict[str, str]]:
    """Return the answers of every page that was handed in, by what the page is called."""
    found: dict[str, dict[str, str]] = {}
    query = (
        select(name, Slot.position, Answer.value)
        .join(Slot, Slot.assignment_id == Assignment.id)
        .join(Answer, Answer.slot_id == Slot.id)
        .where(Assignment.project_id == shop.project_id)
    )
    with shop.database.read() as session:
        for page, position, value in session.execute(query):
            found.setdefault(page, {})[f"q{position}"] = value
    return found


def live_slots(shop: World) -> Counter[str]:
    query = select(Item.key).join(Slot, Slot.item_id == Item.id).where(Slot.state == "done")
    return Counter(shop.rows(query.where(Slot.project_id == shop.project_id, Slot.gold_id.is_(None))))


def publish(shop: World) -> None:
    shop.do(lambda s, p: pack.publish_pages(s, p, Replay([]), now=START))


@pytest.fixture
def forge(migrated_url: str) -> Iterator[Forge]:
    """Start the process whose children are killed."""
    forge = Forge(migrated_url)
    yield forge
    forge.close()


@pytest.mark.parametrize("most", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_whoever_is_killed_loses_nothing_that_was_acknowledged(
    database: Database, forge: Forge, most: int
) -> None:
    settings = {"gold": 6, "overlap": OVERLAP, "hit_size": 4, "gold_share": 0.1}
    pool = world.make(database, slug="pool", items=ITEMS, **settings)
    published = world.make(database, slug="published", items=ITEMS, channel="replay", **settings)
    publish(published)
    shops, rng, kills = (pool.project_id, published.project_id), Random(7), 0
    said = dict(forge.here("work", *shops, 0, 20))
    while kills < most:
        acknowledged, code = forge.killed("work", *shops, rng.random(), 200, after=rng.uniform(0.01, 0.08))
        said |= dict(acknowledged)
        kills += code == -signal.SIGKILL
    for seed in range(100):
        if all(sum(live_slots(shop).values()) == OVERLAP * ITEMS for shop in (pool, published)):
            break
        said |= dict(forge.here("work", *shops, seed, 40))
    kept = stored(pool, Assignment.token) | stored(published, Assignment.external_id)
    assert {page: kept.get(page) for page in said} == said
    for shop in (pool, published):
        assert live_slots(shop) == {f"i{number:02d}": OVERLAP for number in range(ITEMS)}
        crashing.settle(database, shop.project_id)
        assert shop.money() == (0, shop.count(Answer, Answer.project_id == shop.project_id))
    pool.sound()


class Stage:
    """What each act needs before it, anew for every time it is killed."""

    def __init__(self, database: Database) -> None:
        plenty = {"overlap": 60, "max_overlap": 60}
        self.pool = world.make(database, slug="pool", items=3, gold=3, gold_share=0.5, hit_size=3, **plenty)
        self.published = world.make(database, slug="hits", channel="replay", items=3, hit_size=3, **plenty)
        publish(self.published)
        self.hit = self.published.rows(select(Hit.external_id).where(Hit.channel == "replay"))[0]
        adaptive = {"overlap": 1, "max_overlap": 3, "confidence": 0.99, "hit_size": 1}
        self.judged = world.make(database, slug="judged", items=150, **adaptive)

    def claim(self, turn: int) -> tuple[Any, ...]:
        return self.pool.project_id, f"c{turn}"

    def submit(self, turn: int) -> tuple[Any, ...]:
        page = self.pool.page(f"s{turn}")
        answers = {question.name: "a" for question in page.questions}
        return self.pool.project_id, f"s{turn}", page.token, answers

    follow = submit

    def deliver(self, turn: int) -> tuple[Any, ...]:
        return self.published.project_id, self.hit, f"d{turn}", {"q1": "a", "q2": "b", "q3": "c", "q9": "c"}

    def settle(self, turn: int) -> tuple[Any, ...]:
        self.pool.answer(f"p{turn}")
        return (self.pool.project_id,)

    def decide(self, turn: int) -> tuple[Any, ...]:
        sure, hopeless, unsure = (f"i{3 * turn + number:02d}" for number in range(3))
        said = {sure: (0.999, 1), hopeless: (0.6, 3), unsure: (0.6, 1)}
        return self.judged.project_id, self.judged.concluded(said).id


@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("act", ["claim", "submit", "follow", "deliver", "settle", "decide"])
def test_at_every_boundary_a_kill_leaves_all_or_nothing(
    database: Database, forge: Forge, act: str, stride: int
) -> None:
    stage = Stage(database)
    forge.here(act, *getattr(stage, act)(0))
    for turn, boundary in enumerate(count(0, stride), 1):
        arguments = getattr(stage, act)(turn)
        code = forge.child(act, *arguments, boundary=boundary)
        assert world.violations(database) == []
        if code == 0:
            break
        assert code == -signal.SIGKILL
        crashing.ACTS[act](database, *arguments)  # whoever comes next simply does it again
    assert boundary >= FEWEST, "most statements were never reached"
    assert world.violations(database) == []
