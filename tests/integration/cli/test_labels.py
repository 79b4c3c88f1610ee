"""`crowd labels`: what the last run says, and what was judged since."""

from __future__ import annotations

import csv
import json

from sqlalchemy import select

from crowd.db import Database
from crowd.models import ConsensusRun, Provisional
from crowd.services import conclude, provisional
from tests.integration import world
from tests.integration.world import START, World


def judged(database: Database) -> World:
    """Let one more person answer two of four items after the run."""
    shop = world.make(database, items=4, overlap=3, max_overlap=5, method="majority", hit_size=4)
    for name in ("ann", "bob"):
        answer(shop, name, "a")
    shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    shop.configure(hit_size=2)
    answer(shop, "eve", "b")
    shop.do(lambda s, p: provisional.update(s, p, now=START))
    return shop


def answer(shop: World, name: str, label: str) -> None:
    page = shop.claim(name)
    shop.submit(name, page, {question.name: label for question in page.questions})


def test_labels_judged_since_the_run_are_marked(crowd, database: Database, migrated_url: str) -> None:
    shop = judged(database)
    shown = crowd("labels", "demo", "--provisional", "--database", migrated_url)
    rows = list(csv.DictReader(shown.stdout.splitlines()))
    assert shown.stdout.startswith("item,label,confidence,answers,provisional\n")
    fresh = [row["item"] for row in rows if row["provisional"] == "True"]
    assert fresh == [row["item"] for row in rows if row["answers"] == "3"]
    assert (len(rows), len(fresh)) == (4, 2)
    told = json.loads(crowd("labels", "demo", "--provisional", "--database", migrated_url, "--json").stdout)
    assert [row["item"] for row in told["labels"] if row["provisional"]] == fresh
    assert told["run"] == shop.rows(select(ConsensusRun.key))[0]
    assert shop.count(Provisional) == 2, "showing them concludes nothing"
    settled = crowd("labels", "demo", "--database", migrated_url).stdout
    assert settled.startswith("item,label,confidence,answers\n")
    assert shop.count(Provisional) == 0


def test_before_the_first_run_there_is_nothing_to_show(crowd, database: Database, migrated_url: str) -> None:
    world.make(database)
    result = crowd("labels", "demo", "--provisional", "--database", migrated_url)
    assert result.exit_code != 0
    assert "no consensus run of 'panel' yet: leave --provisional out" in result.stderr
