"""A second page is fetched while the first is answered; time and pay count from when it is shown."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from crowd.channels import Page
from crowd.db import Database
from crowd.errors import NotFound, Stale
from crowd.models import Answer, Assignment
from crowd.services import assign, collect
from crowd.services.collect import Receipt
from tests.integration import world
from tests.integration.world import PRICE, World


def ahead(shop: World, name: str) -> Page | None:
    return shop.do(lambda s, p: assign.claim(s, p, shop.worker(s, name), ahead=True, now=shop.clock()))


def held(shop: World, name: str, token: str) -> Page:
    return shop.do(lambda s, _: assign.held(s, shop.worker(s, name), token))


def renew(shop: World, name: str, token: str) -> datetime:
    return shop.do(lambda s, _: assign.renew(s, shop.worker(s, name), token, now=shop.clock()))


def work(shop: World, name: str, page: Page, **more: object) -> Receipt:
    answers, now = {question.name: "a" for question in page.questions}, shop.clock()
    receipt = shop.do(
        lambda s, _: collect.submit(s, shop.worker(s, name), page.token, answers=answers, now=now, **more)
    )
    assert isinstance(receipt, Receipt)
    return receipt


def test_two_pages_are_held_at_most_and_each_comes_again(database: Database) -> None:
    shop = world.make(database, items=6, hit_size=2)
    first, second = shop.page("ann"), ahead(shop, "ann")
    assert second is not None
    assert not {q.key for q in first.questions} & {q.key for q in second.questions}
    assert (shop.page("ann"), ahead(shop, "ann")) == (first, second)
    assert shop.count(Assignment) == 2
    shop.sound()


def test_the_page_ahead_follows_with_a_lease_of_its_own(database: Database) -> None:
    shop = world.make(database, items=6, hit_size=2, lease_seconds=100)
    first, second = shop.page("ann"), ahead(shop, "ann")
    shop.clock.forward(60)
    shop.submit("ann", first)
    following = shop.page("ann")
    assert second is not None
    assert (following.token, following.questions) == (second.token, second.questions)
    assert following.lease_until == shop.clock() + timedelta(seconds=100)
    shop.sound()


def test_who_holds_nothing_is_given_a_first_page(database: Database) -> None:
    shop = world.make(database, items=6, hit_size=2)
    page = ahead(shop, "ann")
    assert page == shop.page("ann")
    shop.sound()


def test_there_is_nothing_ahead_for_who_may_not_go_on(database: Database) -> None:
    shop = world.make(database, items=6, hit_size=2)
    shop.page("ann")
    shop.configure(state="paused")
    assert ahead(shop, "ann") is None


def test_a_renewal_holds_both(database: Database) -> None:
    shop = world.make(database, items=6, hit_size=2, lease_seconds=100)
    first, _ = shop.page("ann"), ahead(shop, "ann")
    shop.clock.forward(90)
    until = renew(shop, "ann", first.token)
    assert set(shop.rows(select(Assignment.lease_until))) == {until}
    shop.clock.forward(90)
    assert shop.sweep() == 0


def test_a_page_still_held_can_be_looked_at_and_one_that_ended_cannot(database: Database) -> None:
    shop = world.make(database, items=2)
    page = shop.page("ann")
    assert held(shop, "ann", page.token) == page
    with pytest.raises(NotFound):
        held(shop, "bob", page.token)
    shop.submit("ann", page)
    with pytest.raises(Stale, match="already submitted"):
        held(shop, "ann", page.token)


def test_time_counts_from_when_the_page_was_shown(database: Database) -> None:
    shop = world.make(database, items=4, hit_size=2, price_micros=PRICE, hourly_micros=3600)
    first, _ = shop.page("ann"), ahead(shop, "ann")
    shop.clock.forward(50)
    assert work(shop, "ann", first, seconds=1000).amount_micros == 50
    following = shop.page("ann")
    shop.clock.forward(20)
    assert work(shop, "ann", following, seconds=1000, times={"q1": 3, "q2": 90}).amount_micros == 20
    assert shop.rows(select(Assignment.active_seconds).order_by(Assignment.id)) == [50, 20]
    assert shop.rows(select(Answer.seconds).order_by(Answer.id)) == [25, 25, 3, 20]
    shop.sound()


def test_pay_by_the_hour_frees_what_was_set_aside_beyond_it(database: Database) -> None:
    shop = world.make(database, items=2, overlap=1, price_micros=PRICE, hourly_micros=3600 * PRICE // 10)
    page = shop.page("ann")
    shop.clock.forward(60)
    assert work(shop, "ann", page, seconds=10).amount_micros == PRICE
    assert shop.money() == (1, 0)
    shop.sound()


def test_work_under_review_is_not_due_yet_but_its_money_is_kept(database: Database) -> None:
    shop = world.make(database, items=2, overlap=1, review="manual")
    receipt = work(shop, "ann", shop.page("ann"))
    assert receipt.amount_micros == 2 * PRICE
    [assignment] = shop.rows(select(Assignment))
    assert (assignment.review, assignment.payment) == ("pending", "none")
    assert shop.money() == (2, 0)
    shop.sound()


class TestOrder:
    def test_breadth_asks_about_every_item_before_any_twice(self, database: Database) -> None:
        shop = world.make(database, items=6, hit_size=2, overlap=2, ordering="breadth")
        keys = [{q.key for q in shop.page(f"w{n}").questions} for n in range(6)]
        assert set.union(*keys[:3]) == set.union(*keys[3:]) == {f"i{n:02d}" for n in range(6)}
        shop.sound()

    def test_depth_finishes_the_first_items_first(self, database: Database) -> None:
        shop = world.make(database, items=6, hit_size=2, overlap=2, ordering="depth")
        keys = [{q.key for q in shop.page(f"w{n}").questions} for n in range(2)]
        assert keys == [{"i00", "i01"}] * 2

    def test_an_item_given_back_takes_its_old_place(self, database: Database) -> None:
        shop = world.make(database, items=6, hit_size=2, overlap=1, ordering="breadth")
        shop.give_back("ann", shop.page("ann"))
        assert {q.key for q in shop.page("bob").questions} == {"i00", "i01"}

    def test_a_reserved_item_goes_only_to_those_it_is_kept_for(self, database: Database) -> None:
        from crowd.models import Item, Reservation

        shop = world.make(database, items=2, hit_size=1, overlap=3)
        shop.meet("ann", "bob")

        def reserve(session, project) -> None:
            item = session.scalars(select(Item).where(Item.key == "i00")).one()
            item.reserved = True
            session.add(Reservation(item_id=item.id, worker_id=shop.worker(session, "ann").id))

        shop.do(reserve)
        assert [q.key for q in shop.page("bob").questions] == ["i01"]
        assert [q.key for q in shop.page("ann").questions] == ["i00"]
        shop.sound()

    def test_a_cap_cuts_the_page(self, database: Database) -> None:
        shop = world.make(database, items=9, hit_size=4, overlap=1, worker_cap=6)
        assert [len(shop.answer("ann").questions) for _ in range(2)] == [4, 2]
