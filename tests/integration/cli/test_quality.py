"""What workers are worth and how far they agree, from the command line and over the service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crowd.db import Database
from crowd.services import conclude
from tests.integration import world
from tests.integration.world import LABELS, START, World


@pytest.fixture
def shop(database: Database) -> World:
    """Three who know, and one who always says the same."""
    shop = world.make(database, items=30, gold=3, gold_share=0.1, hit_size=11, overlap=4)
    for name in ("ann", "ben", "cem", "same"):
        while (page := shop.claim(name)) is not None:
            right = {q.name: LABELS[int(q.key[1:]) % 3] for q in page.questions}
            shop.submit(name, page, "a" if name == "same" else right)
    return shop


def told(crowd, migrated_url: str, *words: object) -> dict:
    outcome = crowd("workers", "quality", "demo", *words, "--database", migrated_url, "--json")
    assert outcome.exit_code == 0, outcome.output
    return json.loads(outcome.stdout)


def test_who_knows_is_told_from_who_always_says_the_same(crowd, shop: World, migrated_url: str) -> None:
    shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    found = told(crowd, migrated_url)
    assert found["level"] == "nominal"
    assert found["alpha"]["low"] < found["alpha"]["value"] < found["alpha"]["high"] <= 1
    assert found["pairwise"] == pytest.approx(0.5 + 0.5 / 3, abs=0.05)
    *good, constant = found["workers"]
    assert constant["worker"] == shop.do(lambda s, _: shop.worker(s, "same").pseudonym)
    assert constant["informedness"]["value"] < 0.35
    assert good[-1]["informedness"]["low"] > 0.6
    assert all(sum(row.values()) == pytest.approx(1, abs=1e-5) for row in constant["matrix"].values())
    shown = crowd("workers", "quality", "demo", "--database", migrated_url).output
    assert "Krippendorff's alpha" in shown


def test_costs_say_what_an_answer_would_cost(crowd, shop: World, migrated_url: str, tmp_path: Path) -> None:
    shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    costs = tmp_path / "costs.csv"
    costs.write_text("truth,label,cost\na,b,10\n")
    found = told(crowd, migrated_url, "--costs", costs)
    assert found["workers"][0]["cost"]["value"] < found["workers"][-1]["cost"]["value"]
    costs.write_text("truth,label,cost\na,zebra,10\n")
    refused = crowd("workers", "quality", "demo", "--costs", costs, "--database", migrated_url)
    assert (refused.exit_code, "zebra" in refused.output) == (2, True)


def test_before_anything_is_answered_nothing_is_claimed(crowd, database: Database, migrated_url: str) -> None:
    world.make(database, items=2)
    assert told(crowd, migrated_url) == {
        "pairwise": None,
        "alpha": None,
        "fleiss": None,
        "level": "nominal",
        "workers": [],
    }


def test_answers_that_are_no_labels_are_refused(crowd, database: Database, migrated_url: str) -> None:
    world.make(database, items=2, task_type="multilabel", ask=False)
    refused = crowd("workers", "quality", "demo", "--database", migrated_url)
    assert (refused.exit_code, "no labels" in refused.output) == (1, True)
