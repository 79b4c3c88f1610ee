"""Answers are read once from their rows, and then from blocks that hold the same."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select, update

from crowd import columns, frames
from crowd.columns import Ids
from crowd.db import Database
from crowd.models import AnswerBlock
from crowd.services import conclude
from crowd.services.check import check
from tests.integration import world
from tests.integration.world import LABELS, START, World


@pytest.fixture
def shop(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a project most of whose answers are in a block."""
    monkeypatch.setattr(columns, "FRESH", 3)
    monkeypatch.setattr(columns, "STRAGGLERS", 2)
    shop = world.make(database, items=4, overlap=3, method="majority")
    for name in ("ann", "bob"):
        answer(shop, name)
    shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    assert shop.rows(select(AnswerBlock.size)) == [6]
    return shop


def answer(shop: World, name: str) -> None:
    while (page := shop.claim(name)) is not None:
        shop.submit(name, page, {q.name: LABELS[int(q.key[1:]) % 3] for q in page.questions})


def read(shop: World, labels: tuple[str, ...] = LABELS, *, keep: bool = False) -> Ids:
    found = shop.do(lambda s, p: columns.read(s, p, labels, keep=keep))
    return found[np.argsort(found[:, 0])]


def faults(shop: World) -> list[str]:
    return shop.do(lambda s, _: [text for found in check(s) for text in found.named])


def test_blocks_and_rows_together_are_all_answers(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(shop, "eve")
    found = read(shop)
    for _ in range(2):
        assert np.array_equal(read(shop, keep=True), found)
    assert shop.rows(select(AnswerBlock.size).order_by(AnswerBlock.last)) == [6, 4]
    assert np.array_equal(read(shop), found)
    assert len(found) == 12
    other = read(shop, LABELS[::-1])
    assert np.array_equal(other[:, 3], len(LABELS) - 1 - found[:, 3])
    monkeypatch.setattr(columns, "_blocks", lambda *_: [])
    assert np.array_equal(read(shop), found)
    shop.sound()


def test_a_block_that_misses_an_answer_is_not_read_and_made_anew(shop: World) -> None:
    before = read(shop)
    # As if one of them had been committed after the block was made.
    missing = update(AnswerBlock).values(size=AnswerBlock.size - 1, content=b"")
    shop.do(lambda s, _: s.execute(missing))
    assert np.array_equal(read(shop), before)
    read(shop, keep=True)
    assert shop.rows(select(AnswerBlock.size)) == [6]
    assert np.array_equal(read(shop), before)


def test_a_block_that_says_something_else_is_found(shop: World) -> None:
    assert faults(shop) == []
    other = update(AnswerBlock).values(labels=list(LABELS[::-1]))
    shop.do(lambda s, _: s.execute(other))
    assert any("its answer blocks hold something else than its answers" in text for text in faults(shop))


def test_ids_too_wide_for_one_number_are_read_one_by_one(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read(shop)
    monkeypatch.setattr(columns, "_blocks", lambda *_: [])
    monkeypatch.setattr(columns, "WIDEST", 0)
    assert np.array_equal(read(shop), before)


def test_whoever_comes_with_a_wider_id_meanwhile_is_read_the_next_time(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read(shop)
    last = int(before[:, 2].max())
    monkeypatch.setattr(columns, "_blocks", lambda *_: [])
    monkeypatch.setattr(columns, "_bits", lambda *_: (10, 10, (last - 1).bit_length()))
    fitting = before[before[:, 2] < 2 ** (last - 1).bit_length()]
    assert np.array_equal(read(shop), fitting)


def test_some_items_are_read_from_their_rows(shop: World) -> None:
    wanted = np.array([shop.item("i02").id])
    frame = shop.do(lambda s, p: frames.read_answers(s, p, LABELS, items=wanted))
    assert (frame.item_ids.tolist(), len(frame.answers)) == (wanted.tolist(), 2)
