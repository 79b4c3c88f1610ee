"""What a model thinks of the items: uploaded or learned here, one set of predictions for one version."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Conflict, Unprocessable
from crowd.models import Prediction, PredictionSet
from crowd.services import choose, intake, predict
from crowd.tables.items import ItemRow
from tests.integration import world
from tests.integration.world import LABELS, START, World


def upload(shop: World, table: list[list[float]], keys: tuple[str, ...] = ("i00", "i01"), version: str = "1"):
    return shop.do(
        lambda s, p: predict.upload(
            s,
            p,
            model_version=version,
            labels=LABELS,
            keys=keys,
            probabilities=np.array(table),
            now=START,
        )
    )


SURE, UNSURE = [0.9, 0.05, 0.05], [0.4, 0.3, 0.3]


def test_the_same_upload_again_changes_nothing(database: Database) -> None:
    shop = world.make(database, items=2, ask=False)
    first = upload(shop, [SURE, UNSURE])
    assert upload(shop, [UNSURE, SURE], ("i01", "i00")).id == first.id
    with pytest.raises(Conflict, match="already has other predictions"):
        upload(shop, [UNSURE, SURE])
    assert shop.count(Prediction) == 2
    shop.sound()


def test_a_faulty_upload_stores_nothing(database: Database) -> None:
    shop = world.make(database, items=2, ask=False)
    for table, keys, message in (
        ([SURE, [0.5, 0.5, 0.5]], ("i00", "i01"), "row 2"),
        ([SURE, [float("nan"), 0.5, 0.5]], ("i00", "i01"), "row 2"),
        ([SURE, SURE], ("i00", "zz"), "no item 'zz'"),
        ([SURE, SURE], ("i00", "i00"), "i00"),
    ):
        with pytest.raises(Unprocessable, match=message):
            upload(shop, table, keys)
    assert shop.count(PredictionSet) == 0


def test_the_most_doubtful_is_chosen_by_the_newest_version(database: Database) -> None:
    shop = world.make(database, items=2, ask=False, random_share=0.0)
    upload(shop, [SURE, UNSURE])
    upload(shop, [UNSURE, SURE], version="2")
    batch = shop.do(lambda s, p: choose.choose(s, p, size=1, now=START))
    assert batch is not None
    item = shop.rows(select(world.BatchItem.item_id))
    assert item == [shop.item("i00").id]
    shop.sound()


def learner(database: Database) -> World:
    """Make a project with a model of its own, and gold that it can learn from."""
    shop = world.make(database, items=0, gold=9, model="builtin")
    load(shop, "first")
    return shop


def load(shop: World, *names: str) -> None:
    rows = [ItemRow(name, {"text": f"about {name}"}, name) for name in names]
    shop.do(lambda s, p: intake.add_items(s, p, rows, now=START))


def train(shop: World) -> PredictionSet | None:
    return shop.do(lambda s, p: predict.train(s, p, now=START))


def test_learning_again_from_the_same_labels_changes_nothing(database: Database) -> None:
    shop = learner(database)
    first = train(shop)
    assert first is not None
    again = train(shop)
    assert again is not None
    assert again.id == first.id


def test_items_that_came_since_are_predicted_too(database: Database) -> None:
    shop = learner(database)
    first = train(shop)
    load(shop, "second")
    second = train(shop)
    assert first is not None
    assert second is not None
    assert first.model_version != second.model_version
    predicted = [shop.count(Prediction, Prediction.prediction_set_id == row.id) for row in (first, second)]
    assert predicted[1] > predicted[0]
    shop.sound()


def test_without_two_labels_or_a_model_there_is_nothing_to_learn(database: Database) -> None:
    assert train(world.make(database, items=2, gold=1, model="builtin")) is None
    assert train(world.make(database, items=2, gold=6, slug="other")) is None
