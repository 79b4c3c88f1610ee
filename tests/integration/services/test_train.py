"""The project's own model: trained on what is known, stored once for what it was trained on."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select

from crowd import learning
from crowd.db import Database
from crowd.models import Item, Prediction, PredictionSet
from crowd.services import intake, predict
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow
from tests.integration import world
from tests.integration.world import START, World

CORNERS = {"a": (0.0, 0.0), "b": (9.0, 0.0), "c": (0.0, 9.0)}


def points(name: str, count: int) -> list[ItemRow]:
    """Items that lie near one of three corners, in turn; the corner is the label."""
    rng = np.random.default_rng(count)
    places = [(label, rng.normal(CORNERS[label], 1.0)) for label in list(CORNERS) * count]
    return [
        ItemRow(f"{name}{number:02}-{label}", {"x": float(x), "y": float(y)}, name)
        for number, (label, (x, y)) in enumerate(places[:count])
    ]


def add(shop: World, rows: list[ItemRow], *, gold: bool = False) -> None:
    shop.do(lambda s, p: intake.add_items(s, p, rows, now=START))
    if gold:
        known = [GoldRow(row.key, row.key[-1], "test") for row in rows]
        shop.do(lambda s, p: intake.add_gold(s, p, known, source="test", now=START))


def train(shop: World) -> PredictionSet | None:
    return shop.do(lambda s, p: predict.train(s, p, now=START))


def predicted(shop: World, stored: PredictionSet) -> dict[str, list[float]]:
    query = select(Item.key, Prediction.probabilities).join(Item, Item.id == Prediction.item_id)
    with shop.database.read() as session:
        rows = session.execute(query.where(Prediction.prediction_set_id == stored.id)).all()
    return {key: probabilities for key, probabilities in rows}


@pytest.fixture
def shop(database: Database) -> World:
    """A project with the built-in model, nine points of gold and twelve others."""
    shop = world.make(database, items=0, model="builtin")
    add(shop, points("g", 9), gold=True)
    add(shop, points("i", 12))
    return shop


def test_a_model_learns_from_gold_and_predicts_everything(shop: World):
    stored = train(shop)
    assert stored is not None
    table = predicted(shop, stored)
    assert sorted(table) == [row.key for row in (*points("g", 9), *points("i", 12))]
    assert all(stored.labels[int(np.argmax(row))] == key[-1] for key, row in table.items())


def test_without_news_nothing_is_trained_again(shop: World, monkeypatch: pytest.MonkeyPatch):
    first = train(shop)
    monkeypatch.setattr(learning, "load", lambda *_: pytest.fail("a model was trained for nothing"))
    again = train(shop)
    assert first is not None
    assert again is not None
    assert again.id == first.id


def test_a_new_label_makes_a_new_version(shop: World):
    first = train(shop)
    add(shop, points("h", 3), gold=True)
    second = train(shop)
    assert first is not None
    assert second is not None
    assert second.model_version != first.model_version


def test_nothing_is_predicted_where_every_label_is_known(database: Database):
    shop = world.make(database, items=0, model="builtin")
    add(shop, points("g", 9), gold=True)
    assert train(shop) is None


def test_what_a_model_learned_from_is_predicted_by_models_that_have_not_seen_it(shop: World):
    """One gold item has another's label: a model that saw it would repeat it."""
    lie = ItemRow("g99-b", {"x": 0.0, "y": 0.0}, "g")
    add(shop, [lie], gold=True)
    stored = train(shop)
    assert stored is not None
    assert stored.labels[int(np.argmax(predicted(shop, stored)["g99-b"]))] == "a"
