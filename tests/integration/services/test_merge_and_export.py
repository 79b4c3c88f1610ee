"""What is sure is frozen once, remembers where it comes from, and leaves without loss."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Unprocessable
from crowd.models import Answer, Example, TrainingSetVersion, Worker
from crowd.services import conclude, decide, export, grade, intake, merge
from crowd.tables.items import ItemRow
from tests.integration import world
from tests.integration.world import START, World

PAYLOADS = {
    "plain": {"text": "hello"},
    "=HYPERLINK(1)": {"text": '=HYPERLINK("http://x")', "n": -5},
    "odd ,\"'\n\t": {"text": "+1", "list": [1.5, None, "é漢\U0001f600"], "deep": {"a": {"b": []}}},
    "-1": {"text": "\r\n@x\ttab", "flag": True, "none": None, "big": 2**53, "float": 0.1},
    "漢字": {"text": "", "digits": "-12"},
}


def concluded(shop: World) -> None:
    run = shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    shop.do(lambda s, p: decide.decide(s, p, run, now=START))


def freeze(shop: World, **options: object) -> TrainingSetVersion:
    return shop.do(lambda s, p: merge.freeze(s, p, now=shop.clock(), **options))


def odd(database: Database) -> World:
    """Make a project of odd items, all of them answered and decided."""
    shop = world.make(database, items=0, gold=3, overlap=1)

    def load(session, project) -> None:
        rows = [ItemRow(key, payload, key) for key, payload in PAYLOADS.items()]
        intake.add_items(session, project, rows, now=START)
        world.ask_about(session, project, list(PAYLOADS))

    shop.do(load)
    shop.answer("ann", "b")
    concluded(shop)
    return shop


def exported(shop: World, version: TrainingSetVersion, form: str) -> bytes:
    with shop.database.read() as session:
        return b"".join(export.write(session, session.merge(version), form))


class TestVersions:
    def test_the_same_content_is_the_same_version(self, database: Database) -> None:
        shop = world.make(database, items=3, gold=3, overlap=1)
        first = freeze(shop)
        assert freeze(shop).id == first.id
        shop.answer("ann")
        assert freeze(shop).id == first.id
        concluded(shop)
        second = freeze(shop)
        assert (second.number, second.size) == (2, 6)
        assert freeze(shop).id == second.id
        assert freeze(shop, name="other").number == 1
        assert freeze(shop, name="other").content_hash == second.content_hash
        shop.sound()

    def test_without_a_label_there_is_nothing_to_freeze(self, database: Database) -> None:
        shop = world.make(database)
        with pytest.raises(Unprocessable, match="there is no label yet"):
            freeze(shop)
        assert shop.count(TrainingSetVersion) == 0

    def test_only_what_is_sure_enough_goes_in(self, database: Database) -> None:
        shop = world.make(database, items=2, gold=3, overlap=2, method="majority")
        shop.answer("ann", {"q1": "a", "q2": "a"})
        page = shop.page("bob")
        keys = {question.key: question.name for question in page.questions}
        first = shop.rows(select(Answer.value).order_by(Answer.id))
        assert first == ["a", "a"]
        shop.submit("bob", page, {keys["i00"]: "a", keys["i01"]: "b"})
        concluded(shop)
        assert freeze(shop).size == 5
        sure = freeze(shop, name="sure", min_confidence=0.9)
        assert sure.size == 4
        assert sure.manifest["min_confidence"] == 0.9
        shop.sound()

    def test_every_example_names_where_it_comes_from(self, database: Database) -> None:
        shop = odd(database)
        version = freeze(shop)
        pseudonym = shop.rows(select(Worker.pseudonym))[0]
        answers = {answer.item_id: answer.id for answer in shop.rows(select(Answer))}
        for example in shop.rows(select(Example).where(Example.version_id == version.id)):
            if example.source == "gold":
                assert (example.gold_id is not None, example.answers, example.workers) == (True, [], [])
            else:
                assert example.run_id is not None
                assert example.answers == [answers[example.item_id]]
                assert example.workers == [pseudonym]
                assert example.batch_id is not None
        assert "ann" not in exported(shop, version, "jsonl").decode()

    def test_an_answer_set_aside_later_leaves_old_versions_alone(self, database: Database) -> None:
        shop = world.make(database, items=3, gold=3, overlap=1)
        shop.answer("ann")
        concluded(shop)
        version = freeze(shop)
        before = exported(shop, version, "jsonl")
        shop.do(lambda s, p: grade.exclude(s, p, shop.worker(s, "ann"), reason="r", now=START))
        concluded(shop)
        assert exported(shop, version, "jsonl") == before
        assert freeze(shop).size == 3
        shop.sound()

    def test_an_answer_set_aside_is_gone_also_where_that_leads_back_to_an_older_run(
        self, database: Database
    ) -> None:
        shop = world.make(database, items=2, overlap=2, max_overlap=2, hit_size=1)
        shop.answer("ann", "a")
        older = shop.do(lambda s, p: conclude.conclude(s, p, now=START))
        shop.answer("spam", "b")
        newer = shop.do(lambda s, p: conclude.conclude(s, p, now=START))
        shop.do(lambda s, p: decide.decide(s, p, newer, now=START))
        shop.do(lambda s, p: grade.exclude(s, p, shop.worker(s, "spam"), reason="r", now=START))
        assert shop.do(lambda s, p: conclude.conclude(s, p, now=START)).id == older.id
        [example] = shop.rows(select(Example).where(Example.version_id == freeze(shop).id))
        assert (example.label, example.answers) == (
            "a",
            shop.rows(select(Answer.id).where(Answer.value == "a")),
        )
        shop.sound()


class TestExports:
    def test_json_lines_lose_nothing(self, database: Database) -> None:
        shop = odd(database)
        rows = [json.loads(line) for line in exported(shop, freeze(shop), "jsonl").splitlines()]
        payloads = {row["item"]: row["payload"] for row in rows if row["source"] == "consensus"}
        assert payloads == PAYLOADS
        with database.read() as session:
            assert rows == list(export.rows(session, session.scalars(select(TrainingSetVersion)).one()))

    def test_parquet_loses_nothing(self, database: Database) -> None:
        import pyarrow.parquet as pq

        shop = odd(database)
        version = freeze(shop)
        table = pq.read_table(io.BytesIO(exported(shop, version, "parquet"))).to_pylist()
        lines = [json.loads(line) for line in exported(shop, version, "jsonl").splitlines()]
        assert [{**row, "payload": json.loads(row["payload"])} for row in table] == lines

    def test_csv_holds_no_formula_and_loses_only_the_apostrophe(self, database: Database) -> None:
        shop = odd(database)
        version = freeze(shop)
        table = list(csv.DictReader(io.StringIO(exported(shop, version, "csv").decode(), newline="")))
        lines = [json.loads(line) for line in exported(shop, version, "jsonl").splitlines()]
        assert len(table) == len(lines) == 8
        for row, line in zip(table, lines, strict=True):
            texts = {"item": line["item"], "label": line["label"], "payload.text": line["payload"]["text"]}
            for name, value in texts.items():
                assert not row[name].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
                assert row[name] in (value, f"'{value}")
        assert {row["item"]: row["payload.n"] for row in table}["'=HYPERLINK(1)"] == "-5"

    def test_every_format_has_the_same_rows_in_the_same_order(self, database: Database) -> None:
        shop = odd(database)
        version = freeze(shop)
        lines = [json.loads(line) for line in exported(shop, version, "jsonl").splitlines()]
        assert sorted(row["item"] for row in lines) == sorted([*PAYLOADS, "g00", "g01", "g02"])
        assert exported(shop, version, "jsonl") == exported(shop, version, "jsonl")
        assert exported(shop, version, "parquet") == exported(shop, version, "parquet")
