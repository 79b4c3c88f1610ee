"""Review and answers from the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from crowd.db import Database
from tests.integration import world
from tests.integration.world import World


@pytest.fixture
def shop(database: Database) -> World:
    shop = world.make(database, items=4, hit_size=2, overlap=1, review="manual")
    shop.answer("ann")
    shop.answer("bob", "b")
    return shop


def test_pages_are_shown_and_get_a_verdict(crowd, shop: World, migrated_url: str) -> None:
    def told(*words: object) -> dict:
        outcome = crowd("review", *words, "--database", migrated_url, "--json")
        assert outcome.exit_code == 0, outcome.output
        return json.loads(outcome.stdout)

    first, second = (row["page"] for row in told("list", "demo")["pages"])
    assert {row["value"] for row in told("show", "demo", second)["answers"]} == {"b"}
    assert told("accept", "demo", first)["changed"] == 1
    assert told("reject", "demo", second, "--reason", "careless")["changed"] == 1
    assert told("overturn", "demo", second)["changed"] == 1
    assert told("list", "demo")["pages"] == []
    refused = crowd("review", "soft-reject", "demo", second, "--reason", "r", "--database", migrated_url)
    assert (refused.exit_code, "is overturned and cannot become" in refused.output) == (1, True)


def test_answers_go_into_crowd_aggregate(crowd, shop: World, migrated_url: str, tmp_path: Path) -> None:
    table, labels = tmp_path / "answers.csv", tmp_path / "labels.csv"
    assert crowd("answers", "demo", "--output", table, "--database", migrated_url).exit_code == 0
    assert table.read_text().startswith("item,worker,label,timestamp,seconds\n")
    assert crowd("aggregate", table, "--method", "majority", "--output", labels).exit_code == 0
    rows = list(csv.DictReader(labels.read_text().splitlines()))
    assert sorted(row["label"] for row in rows) == ["a", "a", "b", "b"]
    everything = crowd("answers", "demo", "--all", "--format", "jsonl", "--database", migrated_url).stdout
    assert {json.loads(line)["review"] for line in everything.splitlines()} == {"pending"}


def test_an_item_is_reserved_and_released(crowd, shop: World, migrated_url: str) -> None:
    pseudonym = shop.do(lambda s, _: shop.worker(s, "ann").pseudonym)
    said = crowd("items", "reserve", "demo", "i00", pseudonym, "--database", migrated_url).output
    assert "item i00 is for 1 workers" in said
    assert "for everybody" in crowd("items", "reserve", "demo", "i00", "--database", migrated_url).output
