"""The loop follows a model's doubts once the model has learned something, and says so while it has not."""

from __future__ import annotations

import pytest

from crowd.db import Database
from crowd.models import Batch, BatchItem
from crowd.services import choose, intake, loop, predict
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow
from tests.integration import world
from tests.integration.world import LABELS, START, World

WORDS = {"a": "apple", "b": "berry", "c": "cherry"}


def learner(database: Database, *, gold: int, tells: bool) -> World:
    """Make a project with gold whose texts name their label, or say nothing about it."""
    shop = world.make(database, items=0, model="builtin", strategy="margin", random_share=0.25, batch_size=40)
    rows, known = [], []
    for number in range(gold + 60):
        label = LABELS[number % len(LABELS)]
        text = f"{WORDS[label]} {number}" if tells else f"fruit {number * 7 % 13}"
        rows.append(ItemRow(f"n{number:03}", {"text": text}, "here"))
        known += [GoldRow(f"n{number:03}", label, "here")] if number < gold else []
    shop.do(lambda s, p: intake.add_items(s, p, rows, now=START))
    shop.do(lambda s, p: intake.add_gold(s, p, known, source="here", now=START))
    shop.do(lambda s, p: predict.train(s, p, now=START))
    return shop


def chosen(shop: World, **options: object) -> Batch:
    batch = shop.do(lambda s, p: choose.choose(s, p, now=START, **options))  # type: ignore[arg-type]
    assert batch is not None
    return batch


def test_a_model_that_learned_is_followed(database: Database) -> None:
    shop = learner(database, gold=30, tells=True)
    batch = chosen(shop)
    assert batch.strategy == "margin"
    assert batch.parameters["model"]["items"] == 30
    assert batch.parameters["model"]["gain"] > batch.parameters["model"]["error"]
    assert choose.fallback(batch) is None
    assert shop.count(BatchItem, BatchItem.random) == 5, "a quarter of 20"
    shop.sound()


@pytest.mark.parametrize(
    ("gold", "tells", "because"), [(30, False, "not above its standard error"), (9, True, "only 9 held-out")]
)
def test_one_that_did_not_is_not_and_the_step_says_so(
    database: Database, gold: int, tells: bool, because: str
) -> None:
    shop = learner(database, gold=gold, tells=tells)
    shop.do(lambda s, p: None)
    turn = loop.turn(shop.database, shop.project_id, loop.Pool(), clock=shop.clock)
    assert turn.strategy == "random"
    assert turn.fallback is not None
    assert turn.fallback.startswith("random instead of margin: ")
    assert because in turn.fallback
    (batch,) = shop.rows(world.select(Batch))
    assert batch.size == 20, "no more than half of what the model has learned from, after the first 20"
    shop.sound()


def test_what_is_told_is_done(database: Database) -> None:
    shop = learner(database, gold=9, tells=True)
    batch = chosen(shop, strategy="entropy", size=35)
    assert (batch.strategy, batch.size, choose.fallback(batch)) == ("entropy", 35, None)
