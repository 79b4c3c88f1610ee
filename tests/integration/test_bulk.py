"""Whole columns go in and out as single rows do."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, select
from sqlalchemy import cast as as_type
from sqlalchemy.exc import IntegrityError

from crowd import columns, frames
from crowd.db import Database, bulk
from crowd.models import Answer, AnswerFlag, Decision, Worker
from tests.integration import world
from tests.integration.world import LABELS, START, World

ODD = 'a\t\\b\n\r"c"\\N'


def test_whole_numbers_come_back_as_they_are(database: Database) -> None:
    shop = answered(database)
    with database.read() as session:
        query = select(Answer.id, Answer.item_id, (-Answer.worker_id * 2**40).label("wide"))
        found = bulk.integers(session, query)
        rows = session.execute(query).all()
    assert found.dtype == np.int64
    assert sorted(map(tuple, found.tolist())) == sorted(map(tuple, rows))
    assert shop.count(Answer) == len(rows) > 0


def test_of_no_rows_the_columns_are_left(database: Database) -> None:
    with database.read() as session:
        assert bulk.integers(session, select(Answer.id, Answer.item_id)).shape == (0, 2)


def test_texts_come_as_their_places_among_those_listed(database: Database) -> None:
    table = some_table()
    with database.write() as session:
        table.create(session.connection())
        texts = [ODD, "b", "unknown", ODD, ""]
        bulk.insert(session, table, {"text": texts, "number": range(len(texts))})
        query = select(as_type(table.c.number, Integer).label("number"), table.c.text)
        found = bulk.integers(session, query, {"text": ["b", ODD, "$.a", ""]})
        session.rollback()
    assert sorted(map(tuple, found.tolist())) == [(0, 1), (1, 0), (2, -1), (3, 1), (4, 3)]


def test_texts_numbers_bytes_and_nothing_go_in(database: Database) -> None:
    table = some_table()
    with database.write() as session:
        table.create(session.connection())
        rows = {"number": [0.1, 1e-9, 2.5], "bytes": [b"\x00\xff", None, b""]}
        bulk.insert(session, table, rows, same={"text": ODD})
        assert session.execute(select(table)).all() == [
            (ODD, 0.1, b"\x00\xff"),
            (ODD, 1e-9, None),
            (ODD, 2.5, b""),
        ]
        session.rollback()


def test_times_go_in_and_come_back(database: Database) -> None:
    shop = world.make(database)
    with database.write() as session:
        at = bulk.written(session, Decision.__table__.c.created_at, START)
        same = {"project_id": shop.project_id, "action": "enough", "reason": "r", "created_at": at}
        bulk.insert(session, Decision.__table__, {"item_id": [shop.item("i00").id]}, same=same)
        assert session.scalars(select(Decision.created_at)).all() == [START]


def test_however_many_rows_there_are_all_go_in(database: Database) -> None:
    table = some_table()
    with database.write() as session:
        table.create(session.connection())
        bulk.insert(session, table, {"number": range(bulk.AT_ONCE + 1)})
        bulk.insert(session, table, {"number": []})
        assert session.scalar(select(func.count()).select_from(table)) == bulk.AT_ONCE + 1
        session.rollback()


def test_what_the_database_refuses_is_raised_as_by_a_session(database: Database) -> None:
    same = {"requester_id": 1, "channel": "pool", "name": "ann", "created_at": "2026-01-01 00:00:00"}
    world.make(database)
    with database.write() as session, pytest.raises(IntegrityError):
        bulk.insert(session, Worker.__table__, {"pseudonym": ["p1", "p1"]}, same=same)


def test_answers_are_read_the_same_part_by_part(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = answered(database)
    answered(database, slug="other")
    shop.do(
        lambda s, p: s.add(
            AnswerFlag(project_id=p.id, answer_id=1, kind="excluded", reason="r", created_at=START)
        )
    )
    whole = read(shop)
    monkeypatch.setattr(columns, "PART", 3)
    parts = read(shop)
    monkeypatch.setattr(columns, "MOST_OF", 1)
    by_index = read(shop)
    assert 1 not in whole.answer_ids
    for found in (parts, by_index):
        assert found.digest == whole.digest
        assert found.answers.label.tolist() == whole.answers.label.tolist()
        assert (found.answers.items, found.answers.workers) == (whole.answers.items, whole.answers.workers)


def test_some_items_can_be_read_alone(database: Database) -> None:
    shop = answered(database)
    wanted = np.array([shop.item("i01").id, shop.item("i03").id])
    assert read(shop, wanted).item_ids.tolist() == wanted.tolist()


def test_an_answer_that_is_no_label_is_named(database: Database) -> None:
    shop = answered(database)
    with database.read() as session, pytest.raises(ValueError, match="is none of the labels"):
        frames.read_answers(session, session.get_one(world.Project, shop.project_id), LABELS[:1])


def answered(database: Database, slug: str = "demo") -> World:
    shop = world.make(database, items=4, overlap=2, slug=slug)
    for name in ("ann", "bob"):
        while (page := shop.claim(name)) is not None:
            shop.submit(name, page, {q.name: LABELS[int(q.key[1:]) % 3] for q in page.questions})
    return shop


def read(shop: World, items: np.ndarray | None = None) -> frames.AnswerFrame:
    return shop.do(lambda s, p: frames.read_answers(s, p, LABELS, items=items))


def some_table() -> Table:
    from sqlalchemy import Float, LargeBinary, Text

    return Table(
        "odd", MetaData(), Column("text", Text), Column("number", Float), Column("bytes", LargeBinary)
    )
