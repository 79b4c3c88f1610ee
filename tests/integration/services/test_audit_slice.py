"""Settled items drawn by lot: asked again, left alone meanwhile, and held against what was claimed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.models import AuditPick, Case, ConsensusRun, Decision, Gold, Project
from crowd.services import conclude, publish
from crowd.services.honesty import audit_slice
from crowd.services.honesty.audit_slice import Drawn
from tests.integration import world
from tests.integration.world import PRICE, World

PEOPLE = ("ann", "bob", "eve", "kim", "lee")


def settled(database: Database, items: int = 6, share: float = 1.0, **settings: object) -> World:
    """Let two people answer every item, and settle all of them; three others have shown up elsewhere."""
    shop = world.make(database, items=items, hit_size=items, **settings)
    shop.configure(audit_share=share)
    for name in ("ann", "bob"):
        shop.answer(name)
    turn(shop)
    return shop


def run(shop: World) -> ConsensusRun:
    return shop.do(lambda s, p: conclude.conclude(s, p, now=shop.clock()))


def turn(shop: World) -> None:
    shop.decide(run(shop))


def draw(shop: World) -> Drawn:
    return shop.do(with_run(audit_slice.draw, shop))


def evaluate(shop: World) -> int:
    return shop.do(with_run(audit_slice.evaluate, shop))


def with_run(step: Callable[..., object], shop: World) -> Callable[[Session, Project], object]:
    return lambda s, p: step(s, p, conclude.conclude(s, p, now=shop.clock()), now=shop.clock())


def picks(shop: World) -> list[AuditPick]:
    return shop.rows(select(AuditPick).order_by(AuditPick.id))


@pytest.fixture
def five(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three more people be known than have answered."""
    monkeypatch.setattr(audit_slice, "_people", lambda *_: len(PEOPLE))


@pytest.mark.usefixtures("five")
def test_what_is_drawn_gets_three_more_answers_from_others_and_is_decided_only_then(
    database: Database,
) -> None:
    shop = settled(database, items=2)
    assert draw(shop) == Drawn(picked=2, asked=6)
    assert (shop.item("i00").state, shop.item("i00").open) == ("asking", 3)
    assert shop.money() == (10, 0)
    assert shop.claim("ann") is None
    for name in PEOPLE[2:]:
        turn(shop)
        assert shop.item("i00").state == "asking"
        assert evaluate(shop) == 0
        shop.answer(name)
    turn(shop)
    assert shop.item("i00").state == "settled"
    assert evaluate(shop) == 2
    pick = picks(shop)[0]
    assert (pick.label, pick.votes, pick.found, pick.checked_by) == ("a", 2, "a", "answers")
    assert draw(shop) == Drawn()
    assert evaluate(shop) == 0
    shop.sound()


@pytest.mark.usefixtures("five")
def test_answers_that_contradict_a_claim_count_against_it(database: Database) -> None:
    shop = settled(database, items=8, share=0.0)
    lots = shop.do(lambda _, p: {f"i{n:02d}": audit_slice.lot(p, f"i{n:02d}") for n in range(8)})
    first, second = sorted(lots, key=lambda key: lots[key])[:2]
    shop.configure(audit_share=lots[second] + 1e-9)
    assert draw(shop).picked == 2
    for name in PEOPLE[2:]:
        page = shop.page(name)
        shop.submit(name, page, {q.name: "b" if q.key == first else "a" for q in page.questions})
    evaluate(shop)
    by_item = {pick.item_id: pick for pick in picks(shop)}
    against, along = (by_item[shop.item(key).id] for key in (first, second))
    assert (against.label, along.found) == ("a", "a")
    assert against.found != "a"
    assert (against.right or 0) < 0.5 < (along.right or 0)


def test_the_lot_is_the_seed_s_and_the_key_s_alone(database: Database) -> None:
    shop = world.make(database, items=1, ask=False)
    lots = shop.do(lambda _, p: [audit_slice.lot(p, f"item-{n}") for n in range(2000)])
    again = shop.do(lambda _, p: [audit_slice.lot(p, f"item-{n}") for n in range(2000)])
    assert lots == again
    assert sum(number < 0.05 for number in lots) == pytest.approx(100, abs=30)
    shop.configure(seed=2)
    assert shop.do(lambda _, p: audit_slice.lot(p, "item-0")) != lots[0]


@pytest.mark.usefixtures("five")
def test_a_share_that_is_raised_catches_up_and_never_picks_twice(database: Database) -> None:
    shop = settled(database, items=6, share=0.0)
    assert draw(shop) == Drawn()
    lots = shop.do(lambda _, p: sorted(audit_slice.lot(p, f"i{n:02d}") for n in range(6)))
    shop.configure(audit_share=lots[2])
    assert draw(shop).picked == 2
    shop.configure(audit_share=1.0)
    assert draw(shop).picked == 4
    assert draw(shop).picked == 0


@pytest.mark.usefixtures("five")
def test_only_what_the_budget_covers_is_drawn(database: Database) -> None:
    shop = settled(database, items=2, cap=7 * PRICE)
    assert draw(shop) == Drawn(picked=1, asked=3, unfunded=1)
    shop.sound()


def test_where_no_worker_is_left_an_expert_is_asked_and_their_word_closes_the_pick(
    database: Database,
) -> None:
    shop = settled(database, items=1)
    assert draw(shop) == Drawn(picked=1, for_experts=1)
    evaluate(shop)
    evaluate(shop)
    (case,) = shop.rows(select(Case).where(Case.kind == "audit"))
    assert case.item_id == shop.item("i00").id

    def tell(session: Session, project: Project) -> None:
        row = {"item_id": case.item_id, "label": "b", "source": "expert", "use": "told"}
        session.add(Gold(project_id=project.id, created_at=shop.clock(), **row))

    shop.do(tell)
    assert evaluate(shop) == 1
    (pick,) = picks(shop)
    assert (pick.found, pick.right, pick.checked_by) == ("b", 0.0, "expert")


@pytest.mark.usefixtures("five")
def test_an_item_that_nobody_is_left_for_is_settled_as_before(database: Database) -> None:
    shop = settled(database, items=1)
    draw(shop)
    item_id = shop.item("i00").id
    shop.do(lambda s, p: publish.withdraw(s, p, [item_id], cause="test", now=shop.clock()))
    shop.do(lambda s, p: publish.give_up(s, p, [item_id], reason="nobody is left", now=shop.clock()))
    assert shop.item("i00").state == "settled"
    newest = shop.rows(select(Decision).order_by(Decision.id.desc()))[0]
    assert (newest.action, "nobody is left" in newest.reason) == ("enough", True)
    shop.sound()
