"""Questions are handed back: others are asked instead, until enough say that nobody can answer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import select

from crowd.channels import Page
from crowd.db import Database
from crowd.errors import Conflict, Unprocessable
from crowd.models import Answer, Decision, Skip, Slot
from crowd.services import collect
from crowd.services.collect import Kept, Receipt, Skipped
from tests.integration import world
from tests.integration.world import PRICE, World


def hand_in(
    shop: World, name: str, page: Page, skips: Mapping[str, Skipped], **more: object
) -> Receipt | Kept:
    answers = {question.name: "a" for question in page.questions if question.name not in skips}
    now = shop.clock()
    return shop.do(
        lambda s, _: collect.submit(
            s, shop.worker(s, name), page.token, answers=answers, skips=skips, now=now, **more
        )
    )


def skip_all(shop: World, name: str, reason: str) -> Receipt | Kept:
    page = shop.page(name)
    return hand_in(shop, name, page, {q.name: Skipped(reason) for q in page.questions})


def test_a_skipped_question_is_kept_with_its_reason_and_asked_of_another(database: Database) -> None:
    shop = world.make(database, items=2, overlap=1)
    page = shop.page("ann")
    receipt = hand_in(shop, "ann", page, {"q1": Skipped("other", "too dark")})
    assert receipt == Receipt(page.token, 1, PRICE, shop.clock(), 1)
    assert shop.rows(select(Slot.state).order_by(Slot.position)) == ["skipped", "done"]
    [skip] = shop.rows(select(Skip))
    assert (skip.reason, skip.note) == ("other", "too dark")
    assert shop.claim("ann") is None, "asked again who could not tell"
    assert [question.key for question in shop.page("bob").questions] == [page.questions[0].key]
    shop.sound()


def test_a_repetition_gets_the_same_receipt_and_another_reason_is_a_conflict(database: Database) -> None:
    shop = world.make(database, items=2)
    page = shop.page("ann")
    skips = {"q1": Skipped("broken")}
    receipt = hand_in(shop, "ann", page, skips, notes={"q2": "hm"})
    shop.clock.forward(99)
    assert hand_in(shop, "ann", page, skips, notes={"q2": "hm"}) == receipt
    for other in (hand_in(shop, "ann", page, {"q1": Skipped("other")}), hand_in(shop, "ann", page, skips)):
        assert isinstance(other, Kept)
        assert isinstance(other.error, Conflict)
    shop.sound()


@pytest.mark.parametrize(("reason", "workers"), [("broken", 2), ("cannot_tell", 3)])
def test_enough_workers_take_an_item_out(database: Database, reason: str, workers: int) -> None:
    shop = world.make(database, items=1, overlap=4)
    for number in range(workers):
        assert shop.item("i00").state == "asking"
        skip_all(shop, f"w{number}", reason)
    assert shop.item("i00").state == "quarantined"
    [decision] = shop.rows(select(Decision))
    assert decision.action == "quarantine"
    assert decision.reason.startswith(f"{workers} workers")
    assert (shop.claim("eve"), shop.money()) == (None, (0, 0))
    shop.sound()


def test_an_answer_under_way_is_welcome_though_the_item_is_taken_out(database: Database) -> None:
    shop = world.make(database, items=1, overlap=4)
    page, other = shop.page("eve"), shop.page("joe")
    for name in ("ann", "bob"):
        skip_all(shop, name, "broken")
    assert isinstance(shop.submit("eve", page), Receipt)
    shop.give_back("joe", other)
    assert shop.money() == (1, 0)
    shop.sound()


def test_the_price_of_skipped_gold_is_free_again(database: Database) -> None:
    shop = world.make(database, items=4, gold=9, hit_size=4, overlap=1)
    shop.configure(gold_share=0.6)
    skip_all(shop, "ann", "other")
    assert shop.count(Slot, Slot.gold_id.is_not(None), Slot.state == "skipped") > 0
    assert shop.money() == (4, 0)
    shop.sound()


@pytest.mark.parametrize(
    ("skips", "message"),
    [
        ({"q1": Skipped("bored")}, "'bored' is no reason to skip"),
        ({"q9": Skipped("other")}, "is not on this page"),
    ],
)
def test_a_faulty_skip_is_refused(database: Database, skips: dict[str, Skipped], message: str) -> None:
    shop = world.make(database, items=1)
    with pytest.raises(Unprocessable, match=message):
        hand_in(shop, "ann", shop.page("ann"), skips)
    assert (shop.count(Skip), shop.count(Answer)) == (0, 0)


def test_a_question_is_answered_or_skipped_not_both(database: Database) -> None:
    shop = world.make(database, items=1)
    page, now = shop.page("ann"), shop.clock()
    both = {"answers": {"q1": "a"}, "skips": {"q1": Skipped("other")}, "now": now}
    with pytest.raises(Unprocessable, match="both answered and skipped"):
        shop.do(lambda s, _: collect.submit(s, shop.worker(s, "ann"), page.token, **both))
