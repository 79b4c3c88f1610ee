"""Money is set aside, spent or given back: never beyond the cap, never twice for one cause."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from crowd.db import Database
from crowd.errors import BudgetExceeded
from crowd.models import Assignment, Budget, LedgerEntry
from crowd.services import pay
from crowd.services.setup import projects
from tests.integration import world
from tests.integration.world import PRICE, START, World

MOVES = ("reserve", "post", "void")


def reserve(shop: World, amount: int, key: str) -> None:
    shop.do(lambda s, p: pay.reserve(s, p.id, amount, key=key, now=START))


def settle(shop: World) -> int:
    return shop.do(lambda s, p: pay.settle(s, p, now=START))


def test_what_is_reserved_is_posted_or_voided(database: Database) -> None:
    shop = world.make(database, ask=False)
    reserve(shop, 5 * PRICE, "x")
    shop.do(lambda s, p: pay.post(s, p.id, {"y": 2 * PRICE}, now=START))
    shop.do(lambda s, p: pay.void(s, p.id, PRICE, key="z", now=START))
    assert shop.money() == (2, 2)
    entries = [
        (e.kind, e.key, e.amount_micros) for e in shop.rows(select(LedgerEntry).order_by(LedgerEntry.id))
    ]
    assert entries == [
        ("reserve", "reserve:x", 5 * PRICE),
        ("post", "post:y", 2 * PRICE),
        ("void", "void:z", PRICE),
    ]
    shop.sound()


def test_the_cap_is_the_end_and_says_what_is_free(database: Database) -> None:
    shop = world.make(database, ask=False, cap=10 * PRICE)
    reserve(shop, 10 * PRICE, "all")
    with pytest.raises(BudgetExceeded, match=r"this needs \$0.03 and \$0.00 of the cap of \$0.30 are free"):
        reserve(shop, PRICE, "more")
    assert shop.money() == (10, 0)


def test_the_database_itself_refuses_to_pass_the_cap(database: Database) -> None:
    shop = world.make(database, ask=False, cap=PRICE)
    for values in ({"held": 2 * PRICE}, {"spent": -1}, {"held": -1}):
        with pytest.raises(IntegrityError):
            shop.do(lambda s, _, values=values: s.execute(update(Budget).values(values)))


def test_one_cause_moves_money_once(database: Database) -> None:
    shop = world.make(database, ask=False)
    reserve(shop, PRICE, "x")
    with pytest.raises(IntegrityError):
        reserve(shop, PRICE, "x")
    assert shop.money() == (1, 0)
    shop.sound()


def test_no_more_is_spent_or_given_back_than_was_set_aside(database: Database) -> None:
    shop = world.make(database, ask=False)
    reserve(shop, PRICE, "x")
    with pytest.raises(AssertionError, match="holds less than"):
        shop.do(lambda s, p: pay.post(s, p.id, {"y": 2 * PRICE}, now=START))
    with pytest.raises(AssertionError, match="holds less than"):
        shop.do(lambda s, p: pay.void(s, p.id, 2 * PRICE, key="y", now=START))
    assert shop.money() == (1, 0)


def test_settling_pays_each_page_once(database: Database) -> None:
    shop = world.make(database)
    shop.answer("ann")
    shop.answer("bob")
    assert shop.money() == (8, 0)
    assert [settle(shop), settle(shop)] == [2, 0]
    assert shop.money() == (0, 8)
    assert shop.rows(select(Assignment.payment)) == ["paid", "paid"]
    shop.sound()


def test_the_price_stays_while_answers_are_on_offer(database: Database) -> None:
    from crowd.errors import Conflict
    from crowd.services import grade

    shop = world.make(database, items=1, overlap=1)

    def change(session, project) -> None:
        projects.update(session, shop.principal, project, {"price_micros": 2 * PRICE}, now=START)

    shop.answer("ann")
    exclude = lambda s, p: grade.exclude(s, p, shop.worker(s, "ann"), reason="r", now=START)  # noqa: E731
    assert shop.do(exclude) == 1
    shop.ask_again("i00")
    with pytest.raises(Conflict, match="price_micros cannot change"):
        shop.do(change)
    shop.answer("bob")
    shop.do(change)
    assert settle(shop) == 2
    assert shop.money() == (0, 2)
    shop.sound()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(st.tuples(st.sampled_from(["reserve", "post", "void"]), st.integers(1, 9)), max_size=12)
)
def test_held_and_spent_are_always_the_sum_of_the_ledger(
    database: Database, moves: list[tuple[str, int]]
) -> None:
    shop = world.make(database, ask=False, cap=20 * PRICE, slug=f"p{world.number()}")
    held = spent = 0
    for number, (kind, amount) in enumerate(moves):
        key, micros = f"{shop.project_id}:{number}", amount * PRICE
        if kind == "reserve" and held + spent + amount <= 20:
            reserve(shop, micros, key)
            held += amount
        elif kind == "post" and amount <= held:
            shop.do(lambda s, p, key=key, micros=micros: pay.post(s, p.id, {key: micros}, now=START))
            held, spent = held - amount, spent + amount
        elif kind == "void" and amount <= held:
            shop.do(lambda s, p, key=key, micros=micros: pay.void(s, p.id, micros, key=key, now=START))
            held -= amount
        assert shop.money() == (held, spent)
    shop.sound()
