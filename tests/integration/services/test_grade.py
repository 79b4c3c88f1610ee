"""Answers to gold are graded, workers judged, and what a spammer said is as if it had never been said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.errors import Forbidden
from crowd.models import (
    Answer,
    AnswerFlag,
    AuditEntry,
    Consensus,
    Grade,
    Item,
    Project,
    Restriction,
    Skill,
    Slot,
)
from crowd.services import conclude, decide, grade, roster
from crowd.services.grade import Graded
from tests.integration import world
from tests.integration.world import LABELS, START, World


def rate(shop: World) -> Graded:
    return shop.do(lambda s, p: grade.grade(s, p, now=shop.clock()))


def right_or_wrong(shop: World, name: str, *, right: bool, pages: int = 1) -> None:
    """Answer as told on gold; say "a" on everything else."""
    for _ in range(pages):
        page = shop.page(name)
        said = {}
        for question in page.questions:
            truth = LABELS[int(question.key[1:]) % 3] if question.key[0] == "g" else "a"
            said[question.name] = truth if right else LABELS[(LABELS.index(truth) + 1) % 3]
        shop.submit(name, page, said)


def spammy(database: Database, **settings: object) -> World:
    chosen = {"items": 40, "gold": 30, "overlap": 2, "gold_share": 0.5, "hit_size": 10, **settings}
    return world.make(database, **chosen)


def test_every_answer_to_gold_is_graded_once(database: Database) -> None:
    shop = spammy(database)
    right_or_wrong(shop, "ann", right=True)
    answered = shop.count(Slot, Slot.gold_id.is_not(None))
    assert answered > 0
    assert rate(shop) == Graded(answered, ())
    assert rate(shop) == Graded(0, ())
    assert shop.rows(select(Grade.correct)) == [True] * answered
    [skill] = shop.rows(select(Skill))
    assert 0.5 < skill.value <= skill.high <= 1
    shop.sound()


def test_a_spammer_is_banned_with_the_facts_and_the_good_stay(database: Database) -> None:
    shop = spammy(database)
    right_or_wrong(shop, "good", right=True, pages=3)
    right_or_wrong(shop, "spam", right=False, pages=4)
    [restriction] = rate(shop).restricted
    assert restriction.kind == "banned"
    assert restriction.facts["gold_answers"] > 0
    assert "worker.banned" in shop.rows(select(AuditEntry.action))
    with pytest.raises(Forbidden, match="banned"):
        shop.claim("spam")
    assert shop.claim("good") is not None
    assert rate(shop) == Graded(0, ())
    shop.sound()


def test_what_a_banned_worker_said_is_asked_of_others(database: Database) -> None:
    shop = spammy(database, overlap=1, max_overlap=1)
    right_or_wrong(shop, "spam", right=False, pages=4)
    touched = set(shop.rows(select(Slot.item_id).where(Slot.gold_id.is_(None))))
    rate(shop)
    flagged = shop.count(AnswerFlag)
    assert flagged == shop.count(Answer)
    assert {slot.state for slot in shop.rows(select(Slot))} == {"void"}
    run = shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    assert shop.do(lambda s, p: decide.decide(s, p, run, now=START)).more == len(touched)
    items = shop.rows(select(Item).where(Item.id.in_(touched)))
    assert {(item.wanted, item.open) for item in items} == {(1, 1)}
    while shop.claim("good") is not None:
        right_or_wrong(shop, "good", right=True)
    assert set(shop.rows(select(Slot.item_id).where(Slot.state == "done", Slot.gold_id.is_(None)))) >= touched
    shop.sound()


def test_a_page_held_at_the_ban_is_set_aside_when_it_comes(database: Database) -> None:
    shop = spammy(database)
    right_or_wrong(shop, "spam", right=False, pages=4)
    page = shop.page("spam")
    rate(shop)
    before = shop.count(AnswerFlag)
    shop.submit("spam", page)
    rate(shop)
    assert shop.count(AnswerFlag) == before + len(page.questions)
    assert shop.count(Answer) == shop.count(AnswerFlag)
    shop.sound()


def test_a_lifted_ban_lets_new_answers_count(database: Database) -> None:
    shop = spammy(database)
    right_or_wrong(shop, "spam", right=False, pages=4)
    rate(shop)
    before = shop.count(AnswerFlag)
    shop.do(lambda s, p: roster.lift(s, shop.principal, shop.worker(s, "spam"), p, now=START))
    right_or_wrong(shop, "spam", right=True)
    rate(shop)
    assert shop.count(AnswerFlag) == before
    assert shop.count(Restriction, Restriction.lifted_at.is_(None)) == 0
    shop.sound()


def test_after_a_ban_for_a_time_new_answers_count(database: Database) -> None:
    shop = world.make(database, items=4, hit_size=2)
    shop.answer("ann")

    def ban(session: Session, project: Project) -> None:
        ann = shop.worker(session, "ann")
        roster.restrict(
            session,
            ann,
            project=project,
            kind="banned",
            reason="hasty",
            facts={},
            actor="test",
            until=START + timedelta(days=1),
            now=START,
        )
        grade.exclude(session, project, ann, reason="hasty", now=START)

    shop.do(ban)
    shop.clock.forward(86_401)
    shop.answer("ann")
    rate(shop)
    assert shop.count(Slot, Slot.state == "void") == 2
    assert shop.count(Slot, Slot.state == "done") == 2
    shop.sound()


@pytest.mark.parametrize("method", ["panel", "majority", "dawid-skene", "one-coin"])
def test_consensus_is_what_it_would_be_had_the_spammer_never_come(database: Database, method: str) -> None:
    results = []
    for slug, names in (("with", ("ann", "spam", "bobby", "eve")), ("without", ("ann", "bobby", "eve"))):
        # Everyone sees everything, all gold included.
        shop = spammy(database, slug=slug, items=20, gold=9, overlap=4)
        for name in names:
            say_something(shop, name)
        exclude = lambda s, p, shop=shop: grade.exclude(s, p, shop.worker(s, "spam"), reason="r", now=START)  # noqa: E731
        shop.do(exclude)
        run = shop.do(lambda s, p: conclude.conclude(s, p, method=method, now=START))
        results.append(consensus(shop, run.id))
        shop.sound()
    assert results[0] == results[1] != {}


def say_something(shop: World, name: str) -> None:
    """Answer every item, gold or not, by a rule that depends on the worker and the item only."""
    while (page := shop.claim(name)) is not None:
        said = {q.name: LABELS[int(q.key[1:]) * len(name) // 3 % 3] for q in page.questions}
        shop.submit(name, page, said)


def consensus(shop: World, run_id: int) -> dict[str, tuple[str, float, tuple[float, ...], int]]:
    query = select(Item.key, Consensus).join(Consensus, Consensus.item_id == Item.id)
    with shop.database.read() as session:
        rows = session.execute(query.where(Consensus.run_id == run_id)).all()
    return {key: (row.label, row.confidence, tuple(row.posterior), row.votes) for key, row in rows}
