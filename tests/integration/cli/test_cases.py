"""Cases are ruled on from the command line, and the commands of the page about them run as they stand."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.models import Assignment, Case, Gold
from crowd.services import cases, grade, roster
from crowd.services.experts import appeals, review
from tests.integration import world
from tests.integration.world import START, World

PAGE = Path(__file__).parents[3] / "docs/how-to/review-and-appeals.md"
FENCED = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def shop(database: Database) -> World:
    """A project with a doubtful item, doubtful gold, and two people who appeal."""
    shop = world.make(
        database, slug="reviews", items=4, gold=2, gold_share=0.5, hit_size=4, overlap=2, review="manual"
    )
    shop.answer("ann")
    shop.answer("bob", "b")

    def fill(session: Any, project: Any) -> None:
        now = {"now": START}
        item, gold = shop.item("i00").id, session.scalars(select(Gold).order_by(Gold.id)).all()
        grade.grade(session, project, **now)
        cases.open_case(session, project, "unsure", item_id=item, facts={"votes": 1}, **now)
        about = {"gold_id": gold[1].id, "item_id": gold[1].item_id}
        cases.open_case(session, project, "gold_dispute", facts={"against": 3}, **about, **now)
        page = session.scalars(select(Assignment).order_by(Assignment.id)).first()
        review.decide(session, shop.principal, project, [page.id], "rejected", reason="careless", **now)
        ann, bob = shop.worker(session, "ann"), shop.worker(session, "bob")
        appeals.file(session, ann, "page", page.token, "I read them all", **now)
        facts = {"kind": "suspended", "reason": "gold", "facts": {"gold_answers": 2}, "actor": "system:qc"}
        held = roster.restrict(session, bob, project=project, **facts, **now)
        session.flush()
        appeals.file(session, bob, "restriction", str(held.id), "Your gold is wrong", **now)

    shop.do(fill)
    return shop


def test_the_commands_of_the_page_run_as_they_stand(crowd, shop: World, migrated_url: str) -> None:
    lines = [line for block in FENCED.findall(PAGE.read_text()) for line in block.splitlines()]
    assert len(lines) >= 7
    for line in lines:
        name, *words = shlex.split(line)
        assert name == "crowd"
        outcome = crowd(*words, "--database", migrated_url, "--json")
        assert outcome.exit_code == 0, (line, outcome.output)
        json.loads(outcome.stdout)
    outcomes = ["labeled", "retired", "declined", "upheld"]
    assert shop.rows(select(Case.outcome).order_by(Case.id)) == outcomes
    assert shop.item("i00").state == "settled"
    labels = shop.rows(select(Gold.label).where(Gold.retired_at.is_(None)).order_by(Gold.id))
    assert sorted(labels) == ["a", "b"]  # what the expert said, and the corrected gold
    shop.sound()


def test_a_case_reads_as_text_too_and_says_what_is_wrong(crowd, shop: World, migrated_url: str) -> None:
    said = crowd("review", "queue", "reviews", "--database", migrated_url).output
    assert [kind for kind in ("appeal", "gold_dispute", "unsure") if kind in said] != []
    seen = crowd("review", "case", "reviews", 3, "--database", migrated_url).output
    assert "says: I read them all" in seen
    refused = crowd("review", "decide", "reviews", 3, "--outcome", "labeled", "--database", migrated_url)
    assert (refused.exit_code, "of appeal is one of: upheld, declined" in refused.output) == (2, True)
    absent = crowd("review", "case", "reviews", 99, "--database", migrated_url)
    assert (absent.exit_code, "no case 99" in absent.output) == (1, True)
