"""The same answers give the same run, and the same bytes wherever they are worked out again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from crowd.db import Database, connect
from crowd.errors import Unprocessable
from crowd.models import AnswerSet, Consensus, ConsensusRun, Item
from crowd.services import conclude, grade
from tests.integration import world
from tests.integration.world import LABELS, START, World

METHODS = ("panel", "majority", "dawid-skene", "one-coin", "glad", "mace")


def run(shop: World, method: str | None = None, **options: object) -> ConsensusRun:
    return shop.do(lambda s, p: conclude.conclude(s, p, method=method, now=shop.clock(), **options))


def answered(
    database: Database, names: tuple[str, ...] = ("ann", "bobby", "eve"), **settings: object
) -> World:
    """Let everyone answer everything, by a rule that depends on who it is and on the item only."""
    shop = world.make(database, items=12, gold=4, overlap=3, gold_share=0.2, **settings)
    for name in names:
        while (page := shop.claim(name)) is not None:
            said = {q.name: LABELS[(int(q.key[1:]) * len(name) // 4) % 3] for q in page.questions}
            shop.submit(name, page, said)
    return shop


def bytes_of(shop: World, run_id: int) -> bytes:
    query = select(Item.key, Consensus).join(Consensus, Consensus.item_id == Item.id)
    with shop.database.read() as session:
        rows = session.execute(query.where(Consensus.run_id == run_id).order_by(Item.id)).all()
        done = session.get_one(ConsensusRun, run_id)
        head = (done.method, done.iterations, repr(done.log_likelihood))
    lines = [(key, row.label, repr(row.confidence), list(map(repr, row.posterior))) for key, row in rows]
    return json.dumps([head, lines]).encode()


def test_the_same_answers_are_the_same_run(database: Database) -> None:
    shop = answered(database)
    first = run(shop)
    assert run(shop).id == first.id
    assert run(shop, "panel").id == first.id
    assert run(shop, "majority").id != first.id
    assert shop.count(AnswerSet) == 1
    shop.sound()


def test_other_parameters_are_another_run(database: Database) -> None:
    shop = answered(database)
    runs = {run(shop, "dawid-skene", parameters={"max_iterations": n}).id for n in (1, 2, 2)}
    assert len(runs) == 2
    shop.sound()


def test_one_more_answer_or_one_less_is_another_run(database: Database) -> None:
    shop = answered(database, ("ann", "bobby"))
    first = run(shop)
    shop.answer("eve")
    second = run(shop)
    shop.do(lambda s, p: grade.exclude(s, p, shop.worker(s, "eve"), reason="r", now=START))
    assert second.id != first.id
    assert run(shop).id == first.id
    shop.sound()


@pytest.mark.parametrize("method", METHODS)
def test_a_fresh_database_gives_the_same_bytes(
    database: Database, migrated_file: Path, tmp_path: Path, method: str
) -> None:
    shop = answered(database)
    elsewhere = connect(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'elsewhere.db')}")
    other = answered(elsewhere)
    # Other ids for the same things must make no difference.
    world.make(elsewhere, slug="between")
    ours, theirs = run(shop, method), run(other, method)
    assert bytes_of(shop, ours.id) == bytes_of(other, theirs.id)
    elsewhere.dispose()


@pytest.mark.parametrize("method", METHODS)
def test_the_order_in_which_answers_came_is_no_difference(database: Database, method: str) -> None:
    one = answered(database, ("ann", "bobby", "eve"))
    other = answered(database, ("eve", "ann", "bobby"), slug="other")
    assert bytes_of(one, run(one, method).id) == bytes_of(other, run(other, method).id)


def test_gold_is_no_part_of_the_result(database: Database) -> None:
    shop = answered(database)
    rows = shop.rows(select(Item.key).join(Consensus, Consensus.item_id == Item.id).distinct())
    assert rows == []
    run(shop)
    keys = set(shop.rows(select(Item.key).join(Consensus, Consensus.item_id == Item.id)))
    assert keys == {f"i{n:02d}" for n in range(12)}


def test_the_method_is_always_shown_beside_its_companions(database: Database) -> None:
    shop = answered(database)
    own = shop.do(lambda s, p: conclude.conclude_all(s, p, now=START))
    assert own.method == "panel"
    assert sorted(shop.rows(select(ConsensusRun.method))) == ["dawid-skene", "majority", "panel"]
    with database.read() as session:
        project = session.get_one(world.Project, shop.project_id)
        latest = {method: conclude.latest_run(session, project, method) for method in (None, *METHODS[:3])}
        assert latest[None] == latest["panel"]
        assert [row[0].key for row in conclude.labels_of(session, own, after="i09")] == ["i10", "i11"]


@pytest.mark.parametrize(
    ("method", "parameters", "message"),
    [("nonsense", {}, "'nonsense' is unknown"), ("majority", {"depth": 3}, "unknown parameter 'depth'")],
)
def test_an_unknown_method_or_parameter_is_named(
    database: Database, method: str, parameters: dict[str, int], message: str
) -> None:
    shop = answered(database)
    with pytest.raises(Unprocessable, match=message):
        run(shop, method, parameters=parameters)
    assert shop.count(ConsensusRun) == 0
