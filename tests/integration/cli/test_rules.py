"""The commands of the page on rules run as they stand there, and tell what they did."""

from __future__ import annotations

import json
import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.models import AuditEntry, Firing, Rule, Worker
from crowd.services import grade, rules
from crowd.services.trust import standings
from tests.integration import world
from tests.integration.world import START, World

PAGE = Path(__file__).parents[3] / "docs/how-to/write-rules.md"
WRONG = "collect gold; when graded >= 1 and accuracy < 0.5; do"


@pytest.fixture
def shop(database: Database) -> World:
    shop = world.make(database, items=30, gold=12, overlap=1, gold_share=0.5, hit_size=10, slug="reviews")
    for _ in range(2):
        page = shop.page("ann")
        wrong = {q.name: world.LABELS[(int(q.key[1:]) + 1) % 3] for q in page.questions}
        shop.submit("ann", page, wrong)
    return shop


def test_the_commands_of_the_page_work(crowd, shop: World, migrated_url: str) -> None:
    worker = shop.rows(select(Worker.pseudonym))[0]
    ran = 0
    for line in re.findall(r"^crowd (.*)$", PAGE.read_text(), re.MULTILINE):
        told = crowd(*shlex.split(line.replace("$WORKER", worker)), "--database", migrated_url)
        assert told.exit_code == 0, (line, told.output)
        ran += 1
    assert ran >= 14
    states = {(row.name, row.version): row.state for row in shop.rows(select(Rule))}
    assert states["low", 1] == states["low", 2] == "retired"
    assert states["nobody-can-tell", 1] == "active"
    assert states["split", 1] == "draft"


def test_what_rules_did_and_would_do_is_told(crowd, shop: World, migrated_url: str, tmp_path: Path) -> None:
    def told(*words: object) -> dict:
        outcome = crowd("rules", *words, "--database", migrated_url, "--json")
        assert outcome.exit_code == 0, outcome.output
        return json.loads(outcome.stdout)

    shop.do(lambda s, p: grade._grade_new(s, p, shop.clock()))
    shop.do(standings.refresh)
    body = {
        "collect": "gold",
        "when": [{"fact": "accuracy", "op": "<", "value": 0.5}],
        "do": {"action": "hold_payment", "for": "2d"},
    }
    (tmp_path / "rule.json").write_text(json.dumps(body))
    assert told("add", "reviews", "wait", "--file", tmp_path / "rule.json", "--activate")["state"] == "active"
    tried = told("try", "reviews", "wait")
    [hit] = tried["hits"]
    assert (tried["share"], tried["answers_share"], hit["answers"]) == (1.0, 1.0, 20)
    assert shop.do(lambda s, p: rules.run(s, p, now=START + timedelta(days=9_999))) == 1
    [fired] = told("firings", "reviews", "--rule", "wait")["firings"]
    assert (fired["rule"], fired["subject"], fired["done"]["done"]) == ("wait v1", hit["worker"], True)
    assert told("release", "reviews", fired["subject"])["released"] is True
    assert told("release", "reviews", fired["subject"])["released"] is False
    assert {"payment.hold", "payment.release"} <= set(shop.rows(select(AuditEntry.action)))
    assert shop.count(Firing) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "reviews", "x", "collect gold"], "when: must list"),
        (["add", "reviews", "x", "collect gold; when a"], "is no condition: write FACT >= VALUE"),
        (["add", "reviews", "x y", f"{WRONG} ban"], "name: use letters"),
        (["add", "reviews", "x"], "give a rule, or a file with one"),
        (["try", "reviews", "nothing"], "no rule 'nothing'"),
        (["defaults", "reviews", "nothing", "--install"], "no default rule 'nothing'; choose from too-fast"),
    ],
)
def test_what_cannot_be_a_rule_is_refused(
    crowd, shop: World, migrated_url: str, words: list[str], said: str
) -> None:
    if migrated_url.startswith("postgresql"):
        pytest.skip("what is refused is the same on both")
    refused = crowd("rules", *words, "--database", migrated_url)
    assert refused.exit_code in (1, 2)
    assert said in refused.output
