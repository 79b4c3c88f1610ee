"""Under manual review nothing is paid before somebody has looked, and what is rejected is asked again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.errors import Conflict, NotFound, Unprocessable
from crowd.models import AnswerFlag, Assignment, AuditEntry, Slot
from crowd.services import conclude, grade, pay, roster
from crowd.services.experts import review
from crowd.services.experts.review import ReviewPage, Verdict
from crowd.services.people import messages
from tests.integration import world
from tests.integration.world import PRICE, START, World


def under_review(database: Database, **settings) -> World:
    return world.make(database, **{"hit_size": 2, "overlap": 1, "review": "manual", **settings})


def waiting(shop: World, state: str = "pending") -> list[ReviewPage]:
    return shop.do(lambda s, p: review.pages(s, p, review=state, limit=10))


def decide(shop: World, pages: Sequence[int], verdict: Verdict, reason: str = "careless") -> int:
    return shop.do(
        lambda s, p: review.decide(s, shop.principal, p, pages, verdict, reason=reason, now=shop.clock())
    )


def settle(shop: World) -> int:
    return shop.do(lambda s, p: pay.settle(s, p, now=shop.clock()))


def states(shop: World) -> list[tuple[str, str]]:
    return [(row.review, row.payment) for row in shop.rows(select(Assignment).order_by(Assignment.id))]


def test_a_page_waits_unpaid_until_it_is_accepted(database: Database) -> None:
    shop = under_review(database, items=2)
    shop.answer("ann")
    assert (settle(shop), shop.money()) == (0, (2, 0))
    (page,) = waiting(shop)
    assert {(said.item, said.value) for said in page.answers} == {("i00", "a"), ("i01", "a")}
    assert page.amount_micros == 2 * PRICE
    assert decide(shop, [page.id], "accepted") == 1
    assert decide(shop, [page.id], "accepted") == 0
    assert (settle(shop), shop.money(), waiting(shop)) == (1, (0, 2), [])
    shop.sound()


def test_a_soft_rejection_is_paid_and_does_not_count(database: Database) -> None:
    shop = under_review(database, items=2)
    shop.answer("ann")
    assert decide(shop, [waiting(shop)[0].id], "soft_rejected") == 1
    assert (settle(shop), shop.money()) == (1, (0, 2))
    assert shop.rows(select(AnswerFlag.reason)) == ["soft_rejected: careless"] * 2
    run = shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    assert shop.decide(run).more == 2  # the loop asks again by itself
    shop.sound()


def test_a_rejection_is_not_paid_and_its_places_open_for_others(database: Database) -> None:
    shop = under_review(database, items=2)
    shop.answer("ann")
    assert decide(shop, [waiting(shop)[0].id], "rejected") == 1
    assert states(shop) == [("rejected", "none")]
    assert (settle(shop), shop.money()) == (0, (2, 0))  # held for whoever answers next
    assert shop.rows(select(Slot.state)) == ["void", "void"]
    assert shop.claim("ann") is None
    shop.answer("bob")
    decide(shop, [waiting(shop)[0].id], "accepted")
    assert (settle(shop), shop.money()) == (1, (0, 2))
    told = shop.do(lambda s, _: [row.text for row in messages.for_worker(s, shop.worker(s, "ann"), limit=5)])
    assert told == ["A page you handed in was rejected: careless"]
    shop.sound()


def test_a_rejection_after_the_item_was_settled_asks_again(database: Database) -> None:
    shop = under_review(database, items=2)
    shop.answer("ann")
    assert shop.decide(shop.do(lambda s, p: conclude.conclude(s, p, now=START))).enough == 2
    decide(shop, [waiting(shop)[0].id], "rejected")
    assert {shop.item(key).state for key in ("i00", "i01")} == {"asking"}
    assert len(shop.page("bob").questions) == 2
    shop.sound()


def test_an_overturned_rejection_is_paid_with_money_of_its_own(database: Database) -> None:
    shop = under_review(database, items=2)
    shop.answer("ann")
    page = waiting(shop)[0].id
    decide(shop, [page], "rejected")
    assert decide(shop, [page], "overturned", "we were wrong") == 1
    assert states(shop) == [("overturned", "due")]
    assert (settle(shop), shop.money()) == (1, (2, 2))
    shop.sound()


def test_where_the_money_is_short_as_many_places_open_as_it_pays_for(database: Database) -> None:
    shop = under_review(database, items=2, cap=2 * PRICE)
    shop.configure(hourly_micros=1)
    shop.answer("ann")  # earned nothing: the clock stood still
    assert shop.money() == (0, 0)
    decide(shop, [waiting(shop)[0].id], "rejected")
    assert shop.money() == (2, 0)
    shop.sound()


def test_gold_on_a_rejected_page_is_not_asked_again(database: Database) -> None:
    shop = under_review(database, items=3, gold=3, hit_size=4, gold_share=0.5)
    page = shop.answer("ann")
    said = waiting(shop)[0].answers
    gold = [answer for answer in said if answer.gold is not None]
    decide(shop, [waiting(shop)[0].id], "rejected")
    assert len(shop.page("bob").questions) >= len(page.questions) - len(gold)
    shop.sound()


def test_all_pages_get_the_verdict_or_none(database: Database) -> None:
    shop = under_review(database, items=4)
    shop.answer("ann")
    shop.answer("bob")
    first, second = (page.id for page in waiting(shop))
    with pytest.raises(NotFound, match="no page 987654"):
        decide(shop, [first, 987654], "accepted")
    decide(shop, [first], "accepted")
    with pytest.raises(Conflict, match=f"page {first} is accepted and cannot become rejected"):
        decide(shop, [second, first], "rejected")
    with pytest.raises(Unprocessable, match="reason: is needed"):
        decide(shop, [second], "rejected", "  ")
    assert [page.id for page in waiting(shop)] == [second]
    assert shop.rows(select(AuditEntry.action).where(AuditEntry.action.like("review.%"))) == [
        "review.accepted"
    ]


def test_a_page_of_another_project_is_absent(database: Database) -> None:
    shop = under_review(database, items=2)
    shop.answer("ann")
    other = world.make(database, slug="other", items=1)
    with pytest.raises(NotFound):
        decide(other, [waiting(shop)[0].id], "accepted")


def test_a_later_ban_alone_does_not_set_the_rest_aside(database: Database) -> None:
    shop = under_review(database, items=4, gold=2, gold_share=0.5, hit_size=3)
    shop.answer("ann")
    decide(shop, [waiting(shop)[0].id], "soft_rejected")
    shop.answer("ann")
    options = {"kind": "banned", "reason": "asked to leave", "facts": {}, "actor": "test", "now": START}
    shop.do(lambda s, p: roster.restrict(s, shop.worker(s, "ann"), project=p, **options))
    before = shop.count(AnswerFlag)
    shop.do(lambda s, p: grade.grade(s, p, now=START))
    assert shop.count(AnswerFlag) == before
    shop.sound()
