"""The same thing is stored twice at once: it is there once, and nobody fails."""

from __future__ import annotations

import numpy as np
from sqlalchemy import select

from crowd.channels import Delivery, Replay, Submission
from crowd.db import Database
from crowd.models import (
    Gold,
    Hit,
    PredictionSet,
    TrainingSetVersion,
)
from crowd.services import (
    conclude,
    deliver,
    intake,
    merge,
    pack,
    predict,
)
from crowd.tables.gold import GoldRow
from tests.integration import world
from tests.integration.meanwhile import Meanwhile
from tests.integration.world import LABELS, START


def test_the_same_import_twice_at_once_stores_it_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, items=0)

    def load() -> intake.Imported:
        rows = world.item_rows(["x", "y"])
        return shop.do(lambda s, p: intake.add_items(s, p, rows, now=START))

    with meanwhile("INSERT INTO item", load) as other:
        assert load().added == 2
    assert other.done() == intake.Imported(added=0, unchanged=2)


def test_the_same_gold_twice_at_once_is_stored_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, ask=False)

    def declare() -> intake.Imported:
        rows = [GoldRow("i00", "a", "gold")]
        return shop.do(lambda s, p: intake.add_gold(s, p, rows, source="test", now=START))

    with meanwhile("INSERT INTO gold", declare) as other:
        assert declare().added == 1
    assert other.done() == intake.Imported(added=0, unchanged=1)
    assert shop.count(Gold) == 1


def test_the_same_predictions_twice_at_once_are_stored_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, items=1, ask=False)

    def upload() -> int:
        table = np.array([[0.5, 0.25, 0.25]])
        names = {"labels": LABELS, "keys": ["i00"]}
        return shop.do(
            lambda s, p: predict.upload(s, p, model_version="1", probabilities=table, now=START, **names)
        ).id

    with meanwhile("INSERT INTO prediction_set", upload) as other:
        mine = upload()
    assert other.done() == mine
    assert shop.count(PredictionSet) == 1


def test_concluding_twice_at_once_gives_one_run(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database)
    shop.answer("ann")

    def run() -> int:
        return shop.do(lambda s, p: conclude.conclude_all(s, p, now=START)).id

    with meanwhile("INSERT INTO answer_set", run) as other:
        mine = run()
    assert other.done() == mine
    shop.sound()


def test_freezing_twice_at_once_gives_one_version(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, gold=3)

    def freeze() -> int:
        return shop.do(lambda s, p: merge.freeze(s, p, now=START)).number

    with meanwhile("INSERT INTO training_set ", freeze) as other:
        assert freeze() == 1
    assert other.done() == 1
    assert shop.count(TrainingSetVersion) == 1
    shop.sound()


def test_work_delivered_twice_at_once_counts_once(database: Database, meanwhile: Meanwhile) -> None:
    shop = world.make(database, items=2, channel="replay")
    shop.do(lambda s, p: pack.publish_pages(s, p, Replay([]), now=START))
    hit = shop.rows(select(Hit.external_id))[0]
    work = [Submission(f"{name}-1", name, {"q1": "a", "q2": "b"}) for name in ("ann", "bob")]

    def bring() -> int:
        return shop.do(lambda s, p: deliver.deliver(s, p, [Delivery(hit, work)], now=START))

    with meanwhile("INSERT INTO assignment", bring) as other:
        assert bring() == 4
    assert other.done() == 0
    shop.sound()
