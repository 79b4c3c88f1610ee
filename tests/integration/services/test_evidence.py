"""Predictions beside people's answers: heard once they prove right, and both results kept."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.models import Consensus, ConsensusRun, Item
from crowd.services import conclude, predict
from tests.integration import world
from tests.integration.world import LABELS, START, World

ITEMS = 60


@pytest.fixture
def shop(database: Database) -> World:
    """Three people who are right on two items of three, each on others."""
    shop = world.make(database, items=ITEMS, overlap=3, hit_size=20)
    for who, name in enumerate(("ann", "ben", "cem")):
        while (page := shop.claim(name)) is not None:
            shop.submit(name, page, {q.name: said(int(q.key[1:]), who) for q in page.questions})
    return shop


def said(number: int, who: int) -> str:
    return LABELS[number % 3] if (number // 3 + who) % 3 else LABELS[(number + 1) % 3]


def upload(shop: World, table: np.ndarray, version: str, lineage: str | None) -> None:
    keys = [f"i{n:02d}" for n in range(ITEMS)]
    shop.do(
        lambda s, p: predict.upload(
            s,
            p,
            model_version=version,
            labels=LABELS,
            keys=keys,
            probabilities=table,
            lineage=lineage,
            now=START,
        )
    )


def knowing() -> np.ndarray:
    table = np.full((ITEMS, 3), 0.05)
    table[np.arange(ITEMS), np.arange(ITEMS) % 3] = 0.9
    return table


def concluded(shop: World, method: str | None = None) -> tuple[ConsensusRun, dict[str, Consensus]]:
    run = shop.do(lambda s, p: conclude.conclude(s, p, method=method, now=START))
    query = select(Item.key, Consensus).join(Consensus, Consensus.item_id == Item.id)
    with shop.database.read() as session:
        return run, {key: row for key, row in session.execute(query.where(Consensus.run_id == run.id))}


def test_a_model_that_foretells_the_answers_is_heard_and_people_stay_beside_it(shop: World) -> None:
    alone, before = concluded(shop)
    assert alone.evidence is None
    upload(shop, knowing(), "m@1", "m")
    run, after = concluded(shop)
    assert run.id != alone.id
    assert run.evidence["sources"]["m"]["version"] == "m@1"
    assert 0 < run.evidence["sources"]["m"]["weight"] <= 0.7
    assert run.evidence["gain"] > 2 * run.evidence["error"]
    for key, row in after.items():
        assert row.human_posterior == before[key].posterior
    assert np.mean([row.confidence for row in after.values()]) > np.mean(
        [row.confidence for row in before.values()]
    )
    shop.sound()


def test_nonsense_and_predictions_without_a_lineage_change_nothing(shop: World) -> None:
    _, before = concluded(shop)
    upload(shop, knowing(), "guide@1", None)
    upload(shop, np.random.default_rng(3).dirichlet(np.full(3, 0.3), ITEMS), "noise@1", "noise")
    run, after = concluded(shop)
    assert run.evidence["sources"] == {"noise": {"version": "noise@1", "weight": 0.0}}
    assert {key: row.label for key, row in after.items()} == {key: row.label for key, row in before.items()}


def test_only_the_newest_of_a_lineage_counts_and_other_methods_hear_people_alone(shop: World) -> None:
    upload(shop, np.full((ITEMS, 3), 1 / 3), "m@1", "m")
    upload(shop, knowing(), "m@2", "m")
    run, _ = concluded(shop)
    assert run.evidence["sources"].keys() == {"m"}
    assert run.evidence["sources"]["m"]["version"] == "m@2"
    other, rows = concluded(shop, "majority")
    assert other.evidence is None
    assert all(row.human_posterior is None for row in rows.values())


def test_a_project_may_want_people_alone(shop: World) -> None:
    upload(shop, knowing(), "m@1", "m")
    shop.configure(fuse_predictions=False)
    run, _ = concluded(shop)
    assert run.evidence is None
