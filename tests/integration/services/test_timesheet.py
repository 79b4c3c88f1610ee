"""Time and pay by worker and day, hourly pay, and the floor below which it is not fair."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.models import Assignment, AuditEntry
from crowd.services import collect, pay
from crowd.services.people import fair_pay, timesheet
from crowd.services.people.fair_pay import FairPay
from crowd.services.people.timesheet import Period
from tests.integration import world
from tests.integration.world import PRICE, START, World
from workers.earnings import median_hourly

HOUR = 3600
DAY = timedelta(days=1).total_seconds()
ALWAYS = Period()


def work(shop: World, name: str, seconds: float) -> int:
    """Hand in a page that took so long; return what it earned."""
    page = shop.page(name)
    shop.clock.forward(seconds)
    answers = {question.name: "a" for question in page.questions}
    receipt = shop.do(
        lambda s, _: collect.submit(
            s, shop.worker(s, name), page.token, answers=answers, seconds=seconds, now=shop.clock()
        )
    )
    return receipt.amount_micros


def rows(shop: World, period: Period = ALWAYS) -> list[dict]:
    return shop.do(lambda s, p: list(timesheet.timesheet(s, p, period)))


def payouts(shop: World, **options) -> list[dict]:
    return shop.do(lambda s, p: list(timesheet.payouts(s, [p], ALWAYS, **options)))


def floor(shop: World) -> FairPay | None:
    return shop.do(fair_pay.fair_pay)


def test_a_row_for_every_worker_and_day(database: Database) -> None:
    shop = world.make(database, items=8, hit_size=2, overlap=2)
    work(shop, "ann", 360)
    work(shop, "ann", 180)
    shop.do(lambda s, p: pay.settle(s, p, now=shop.clock()))
    work(shop, "bob", 36)
    shop.clock.forward(DAY)
    work(shop, "ann", 36)
    sheet = rows(shop)
    assert [row["day"] for row in sheet if row["pages"] == 2] == ["2026-01-01"]
    (first,) = [row for row in sheet if row["pages"] == 2]
    assert {name: first[name] for name in ("answers", "active_hours", "due", "paid")} == {
        "answers": 4,
        "active_hours": 0.15,
        "due": "0.00",
        "paid": "0.12",
    }
    assert sorted(row["day"] for row in sheet) == ["2026-01-01", "2026-01-01", "2026-01-02"]
    assert len(rows(shop, Period(last=date(2026, 1, 1)))) == 2
    assert len(rows(shop, Period(date(2026, 1, 2), date(2026, 1, 2)))) == 1
    assert rows(shop, Period(first=date(2026, 1, 3))) == []
    shop.sound()


def test_payouts_add_up_to_the_timesheet_and_keep_names_in(database: Database) -> None:
    shop = world.make(database, items=8, hit_size=2, overlap=2)
    for name in ("ann", "bob", "ann"):
        work(shop, name, 60)
        shop.clock.forward(DAY)
    shop.do(lambda s, p: pay.settle(s, p, now=shop.clock()))
    work(shop, "bob", 60)
    found = payouts(shop)
    assert sum(float(row["paid"]) for row in found) == pytest.approx(0.18)
    assert sum(float(row["due"]) for row in found) == pytest.approx(0.06)
    assert sum(row["pages"] for row in rows(shop)) == sum(row["pages"] for row in found) == 4
    assert "ann" not in str(found)
    assert {row["name"] for row in payouts(shop, names=True)} == {"ann", "bob"}
    shop.do(lambda s, _: timesheet.note_names(s, shop.principal, now=START))
    assert "payouts.export" in shop.rows(select(AuditEntry.action))


def test_hourly_pay_posts_what_was_earned_and_frees_the_rest(database: Database) -> None:
    shop = world.make(database, items=4, hit_size=2, overlap=1)
    shop.configure(hourly_micros=HOUR * 1_000)  # a thousand micro-dollars a second
    assert work(shop, "ann", 10) == 10_000
    assert work(shop, "ann", 1000) == 2 * PRICE  # never beyond what was set aside
    assert shop.do(lambda s, p: pay.settle(s, p, now=shop.clock())) == 2
    budget = shop.do(pay.budget)
    assert (budget.held, budget.spent) == (0, 10_000 + 2 * PRICE)
    shop.sound()


def test_a_page_without_time_earns_nothing_by_the_hour(database: Database) -> None:
    shop = world.make(database, items=2, hit_size=2, overlap=1)
    shop.configure(hourly_micros=HOUR * 1_000)
    assert work(shop, "ann", 0) == 0
    assert shop.rows(select(Assignment.payment)) == ["none"]
    shop.sound()


def test_pay_is_fair_or_not_once_five_pages_say_so(database: Database) -> None:
    shop = world.make(database, items=10, hit_size=2, overlap=1)
    shop.configure(fair_hourly_micros=15_000_000)
    for seconds in (10, 12, 20, 40):
        work(shop, "ann", seconds)
    assert floor(shop) is None
    work(shop, "bob", 60)
    found = floor(shop)
    assert found is not None
    assert (found.pages, found.hourly_micros) == (5, 2 * PRICE * HOUR // 20)
    assert found.warning == "the median page of the newest 5 earns $10.80 by the hour, below $15.00"
    shop.configure(fair_hourly_micros=10_000_000)
    assert floor(shop).warning is None
    shop.configure(fair_hourly_micros=None)
    assert floor(shop).warning is None


def test_the_ledger_is_read_in_order(database: Database) -> None:
    shop = world.make(database, items=2, hit_size=2, overlap=1)
    work(shop, "ann", 5)
    shop.do(lambda s, p: pay.settle(s, p, now=START))
    entries = shop.do(lambda s, p: timesheet.ledger(s, p, limit=10))
    assert [entry.kind for entry in entries] == ["reserve", "post"]
    after = shop.do(lambda s, p: timesheet.ledger(s, p, after=entries[0].id, limit=10))
    assert [entry.id for entry in after] == [entries[1].id]


def test_the_median_is_of_rates_not_of_amounts() -> None:
    assert median_hourly([(100, 1.0), (100, 2.0), (1000, 100.0)]) == 50 * HOUR
    assert median_hourly([(0, 1.0), (40_000, 3600.0)]) == 20_000
