"""Suspended, examined on gold, and banned or back: by gold and by what the others say, on stored facts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import select

from crowd.channels import Page
from crowd.db import Database
from crowd.errors import Forbidden
from crowd.models import Answer, AnswerFlag, AuditEntry, Gold, Restriction, Slot, Standing
from crowd.services import grade, roster
from crowd.services.check import asking
from crowd.services.experts import golds
from crowd.services.people import eligibility
from crowd.services.trust import exam, standings, watch
from qc.spam import EXAM
from tests.integration import world
from tests.integration.world import LABELS, START, World


def truth_of(key: str) -> str:
    return LABELS[int(key[1:]) % 3]


def wrong_of(key: str) -> str:
    return LABELS[(LABELS.index(truth_of(key)) + 1) % 3]


def said(page: Page, *, wrong: int) -> Mapping[str, str]:
    """Answer so many questions of a page wrong, the first ones."""
    return {
        q.name: wrong_of(q.key) if place < wrong else truth_of(q.key)
        for place, q in enumerate(page.questions)
    }


def make(database: Database, **settings: object) -> World:
    chosen = {"items": 60, "gold": 40, "overlap": 4, "gold_share": 0.4, "hit_size": 5, **settings}
    return world.make(database, **chosen)


def rate(shop: World) -> grade.Graded:
    graded = shop.do(lambda s, p: grade.grade(s, p, now=START))
    shop.do(standings.refresh)
    return graded


def suspend(shop: World, name: str) -> None:
    """Let somebody be wrong on gold until they are suspended, one page at a time."""
    for _ in range(4):
        page = shop.page(name)
        answers = {q.name: wrong_of(q.key) if q.key[0] == "g" else truth_of(q.key) for q in page.questions}
        shop.submit(name, page, answers)
        if rate(shop).restricted:
            return
    raise AssertionError(f"{name} was not suspended")


def sit(shop: World, name: str, *, wrong: int) -> int:
    """Answer a whole exam with so many mistakes; return how many questions it had."""
    asked = 0
    while (page := shop.claim(name)) is not None:
        assert page.kind == "work"
        assert {q.key[0] for q in page.questions} == {"g"}
        shop.submit(name, page, said(page, wrong=min(wrong, len(page.questions))))
        wrong -= min(wrong, len(page.questions))
        asked += len(page.questions)
    return asked


def standing(shop: World, name: str) -> Standing:
    return shop.do(lambda s, p: standings.of(s, p.id, shop.worker(s, name).id))


def left(shop: World, name: str) -> int:
    """Return how many questions of an exam are still to be asked."""
    return shop.do(lambda s, p: exam.wanted(s, p, shop.worker(s, name), now=START))


def test_who_passes_ten_golds_comes_back(database: Database) -> None:
    shop = make(database)
    suspend(shop, "ann")
    [held] = shop.rows(select(Restriction))
    assert (held.kind, held.lifted_at) == ("suspended", None)
    assert {"test", "llr", "llr_gold", "llr_peers", "gold_answers", "gold_right"} <= set(held.facts)
    assert left(shop, "ann") == EXAM
    assert standing(shop, "ann").spam > 2
    before = shop.money()[1]
    assert sit(shop, "ann", wrong=0) == EXAM
    assert rate(shop).restricted == ()
    [held] = shop.rows(select(Restriction))
    assert held.lifted_at == START
    assert held.facts["exam"]["outcome"] == "passed"
    assert held.facts["exam"]["right"] == held.facts["exam"]["graded"] == EXAM
    assert left(shop, "ann") == 0
    assert "worker.exam_passed" in shop.rows(select(AuditEntry.action))
    assert shop.money()[1] >= before
    assert {q.key[0] for q in shop.page("ann").questions} != {"g"}
    assert shop.count(AnswerFlag) == 0
    shop.sound()


def test_who_fails_is_banned_and_their_answers_go(database: Database) -> None:
    shop = make(database)
    suspend(shop, "ann")
    page = shop.page("ann")
    shop.submit("ann", page, said(page, wrong=5))
    [banned] = rate(shop).restricted
    assert banned.kind == "banned"
    assert banned.facts["exam"]["right"] == 0
    assert shop.count(AnswerFlag) == shop.count(Answer)
    with pytest.raises(Forbidden, match="banned"):
        shop.claim("ann")
    shop.sound()


def test_half_an_exam_decides_nothing(database: Database) -> None:
    shop = make(database)
    suspend(shop, "ann")
    page = shop.page("ann")
    shop.submit("ann", page, said(page, wrong=0))
    assert rate(shop).restricted == ()
    assert left(shop, "ann") == EXAM - len(page.questions)
    [held] = shop.rows(select(Restriction))
    assert held.lifted_at is None
    reasons = shop.do(lambda s, p: eligibility.reasons(s, p, shop.worker(s, "ann"), now=START))
    assert [reason.code for reason in reasons] == ["exam"]


def test_an_exam_is_never_longer_than_ten_whoever_grades_late(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make(database)
    suspend(shop, "ann")
    assert sit(shop, "ann", wrong=0) == EXAM
    assert world.violations(database) == []
    monkeypatch.setattr(asking, "EXAM", EXAM - 1)
    assert world.violations(database) == [f"54: restriction 1: an exam of {EXAM} questions"]
    assert shop.claim("ann") is None


def test_a_suspension_by_hand_has_no_exam(database: Database) -> None:
    shop = make(database)
    options = {"kind": "suspended", "reason": "r", "facts": {}, "actor": "t", "now": START}
    shop.do(lambda s, p: roster.restrict(s, shop.worker(s, "ann"), project=p, **options))
    with pytest.raises(Forbidden, match="suspended"):
        shop.claim("ann")


def test_peers_send_to_an_exam_and_gold_answers_them(database: Database) -> None:
    shop = make(database, gold_share=0.2, overlap=6)
    for name in ("bob", "cat", "dan", "eve"):
        for _ in range(10):
            page = shop.page(name)
            shop.submit(name, page, said(page, wrong=0))
    for share in (0.2, *[0.0] * 6):
        shop.configure(gold_share=share)
        page = shop.page("ann")
        right = [q.name for q in page.questions if q.key[0] == "g"][:1]
        answers = {q.name: truth_of(q.key) if q.name in right else wrong_of(q.key) for q in page.questions}
        shop.submit("ann", page, answers)
    [held] = rate(shop).restricted
    assert held.kind == "suspended"
    assert held.facts["llr_gold"] < watch.POLICY.suspend <= held.facts["llr_peers"]
    sit(shop, "ann", wrong=0)
    assert rate(shop).restricted == ()
    shop.sound()


def test_without_gold_left_nobody_is_kept_out_on_the_word_of_peers(database: Database) -> None:
    shop = make(database, gold=2, gold_share=0.2, overlap=6)
    for name in ("bob", "cat", "dan", "eve", "ann"):
        for _ in range(10):
            page = shop.page(name)
            liar = {q.name: wrong_of(q.key) if q.key[0] == "i" else truth_of(q.key) for q in page.questions}
            shop.submit(name, page, liar if name == "ann" else said(page, wrong=0))
    assert shop.count(Slot, Slot.gold_id.is_not(None)) == 10
    assert rate(shop).restricted == ()


def test_a_corrected_gold_ends_the_exam_it_led_to(database: Database) -> None:
    shop = make(database)
    suspend(shop, "ann")
    wrong = shop.rows(
        select(Gold.item_id).join(Answer, Answer.item_id == Gold.item_id).where(Answer.value != Gold.label)
    )
    assert wrong
    for item_id in wrong:
        [given] = shop.rows(select(Answer.value).where(Answer.item_id == item_id))
        [item] = shop.rows(select(world.Item).where(world.Item.id == item_id))
        shop.do(lambda s, p, key=item.key, to=given: golds.correct(s, p, key, to, reviewer="rev", now=START))
    [held] = shop.rows(select(Restriction))
    assert held.lifted_at is not None
    assert shop.page("ann")
    assert shop.do(lambda s, p: exam.running(s, p, now=START)) == {}
    shop.sound()


def test_who_is_cleared_by_gold_and_peers_gets_little_gold(database: Database) -> None:
    policy = {"share": 0.4, "first": 20, "then": 0.05, "proven": 0.01}
    shop = make(database, gold_policy=policy)
    share = lambda spam, answers=20: shop.do(  # noqa: E731
        lambda _, p: standings.gold_share(p, answers, 0.5, spam=spam)
    )
    assert (share(0.0), share(-4.0), share(-4.0, answers=19)) == (0.05, 0.01, 0.4)
