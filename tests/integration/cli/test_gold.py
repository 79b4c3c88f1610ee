"""The commands of the page on gold run as they stand there, and tell what they did."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.models import AuditEntry, Project
from crowd.services import conclude, decide, grade
from crowd.services.experts import golds
from tests.integration import world
from tests.integration.world import World

PAGE = Path(__file__).parents[3] / "docs/how-to/use-gold.md"


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A project in which one item is settled, and some gold was answered."""
    shop = world.make(database, items=2, gold=5, overlap=1, gold_share=0.5, hit_size=4, slug="reviews")
    shop.do(lambda s, p: setattr(golds.of_item(s, p, "g01"), "label", "c"))  # what the page corrects
    shop.answer("ann", "a")
    shop.do(lambda s, p: grade.grade(s, p, now=shop.clock()))
    run = shop.do(lambda s, p: conclude.conclude(s, p, now=shop.clock()))
    shop.do(lambda s, p: decide.decide(s, p, s.merge(run, load=False), now=shop.clock()))
    text = "item,label,accepted,use,explanation\ng00,a,,,\ng01,b,,,\n"
    (tmp_path / "gold.csv").write_text(text)
    monkeypatch.chdir(tmp_path)
    return shop


def test_the_commands_of_the_page_work(crowd, shop: World, migrated_url: str) -> None:
    (Path.cwd() / "gold.csv").write_text("item,label\ng00,a\n")
    lines = re.findall(r"^crowd (.*)$", PAGE.read_text(), re.MULTILINE)
    assert len(lines) >= 14
    for line in lines:
        told = crowd(*shlex.split(line), "--database", migrated_url)
        assert told.exit_code == 0, (line, told.output)
    actions = shop.rows(select(AuditEntry.action))
    assert {"gold.correct", "gold.retire", "gold.promote"} <= set(actions)
    assert shop.item("i00").state == "gold"
    assert shop.item("g03").state in ("new", "asking")
    shop.sound()


def test_a_policy_is_read_checked_and_taken_back(crowd, shop: World, migrated_url: str) -> None:
    def update(*words: str) -> tuple[int, str]:
        told = crowd("project", "update", "reviews", *words, "--database", migrated_url)
        return told.exit_code, told.output

    def policy() -> dict | None:
        return shop.rows(select(Project.gold_policy))[0]

    assert update("--gold-policy", "default")[0] == 0
    assert policy() == {
        "share": 0.4, "first": 20, "then": 0.05, "proven": 0.01, "proven_at": 0.8,
        "exposure": None, "promote": "review",
    }  # fmt: skip
    for wrong, said in (
        ("share=0.9", "gold_policy.share"),
        ("rate=0.1", "gold_policy.rate"),
        ("share", "write it as share="),
        ("promote=perhaps", "gold_policy.promote"),
        ("share=0.01", "gold_policy.share"),
    ):
        code, output = update("--gold-policy", wrong)
        assert (code != 0, said in output) == (True, True), output
    assert update("--gold-share", "0.2")[0] == 0
    assert policy() is None


def test_gold_that_runs_out_is_said_wherever_one_looks(crowd, shop: World, migrated_url: str) -> None:
    shop.configure(gold_share=1.0)
    more = [f"i{n}" for n in range(50, 60)]
    shop.do(lambda s, p: world.intake.add_items(s, p, world.item_rows(more), now=shop.clock()))
    shop.do(lambda s, p: world.ask_about(s, p, more))
    for _ in range(3):
        shop.answer("ann", "a")
    for words in (("gold", "supply"), ("project", "show"), ("step",)):
        told = crowd(*words, "reviews", "--database", migrated_url)
        assert "gold runs out: the only worker has seen all 5" in told.output, told.output
    told = crowd("gold", "supply", "reviews", "--database", migrated_url, "--json")
    assert json.loads(told.stdout)["finished"] == 1
