"""Labeling functions from the command line: held against people, stored as evidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crowd.db import Database
from crowd.models import PredictionSet
from crowd.services import conclude
from tests.integration import world
from tests.integration.world import LABELS, START, World

RULES = """
[[function]]
name = "by number"
lookup = "table.csv"
field = "text"

[[function]]
name = "never"
keyword = ["no such word"]
label = "a"
"""


@pytest.fixture
def shop(database: Database) -> World:
    shop = world.make(database, items=30, hit_size=10, overlap=2)
    for name in ("ann", "bob"):
        while (page := shop.claim(name)) is not None:
            shop.submit(name, page, {q.name: LABELS[int(q.key[1:]) % 3] for q in page.questions})
    return shop


@pytest.fixture
def rules(shop: World, tmp_path: Path) -> Path:
    rows = [f"{shop.item(f'i{n:02d}').payload['text']},{LABELS[n % 3]}" for n in range(30)]
    (tmp_path / "table.csv").write_text("\n".join(["item,label", *rows]))
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    return path


def test_functions_are_shown_and_kept_as_one_model(
    crowd, shop: World, rules: Path, migrated_url: str
) -> None:
    shown = crowd("functions", "apply", "demo", rules, "--dry-run", "--database", migrated_url, "--json")
    found = json.loads(shown.stdout)
    first, second = found["functions"]
    assert (first["name"], first["coverage"], first["judged"]) == ("by number", 1.0, 30)
    assert first["low"] < first["accuracy"] < 1.0
    assert (second["coverage"], second["accuracy"]) == (0.0, None)
    assert shop.count(PredictionSet) == 0
    kept = crowd("functions", "apply", "demo", rules, "--database", migrated_url)
    assert "together they speak about 30 of 30 items" in kept.output
    run = shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    assert run.evidence["sources"]["functions"]["weight"] > 0
    shop.sound()


def test_a_fault_of_the_file_is_named_and_nothing_is_stored(
    crowd, shop: World, tmp_path: Path, migrated_url: str
) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("[[function]]\nname = 'x'\nregex = 'y'\nlabel = 'zebra'\n")
    outcome = crowd("functions", "apply", "demo", path, "--database", migrated_url)
    assert (outcome.exit_code, "function x: label 'zebra' is not among 'a', 'b', 'c'" in outcome.output) == (
        2,
        True,
    )
    assert shop.count(PredictionSet) == 0
