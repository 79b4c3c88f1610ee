"""What publishing costs is said before, and the endpoint's ledger says the same afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from crowd.errors import BudgetExceeded
from crowd.models import Hit, LedgerEntry, OutboxEntry
from crowd.models.market import MarketAccount
from crowd.services.mturk import cost
from tests.integration.market.conftest import Market
from tests.integration.mturk.conftest import Shop
from workers.money import to_micros

OpenShop = Callable[..., Shop]


def quoted(shop: Shop) -> cost.Quote:
    return shop.world.do(lambda session, project: cost.quote(session, project, now=shop.clock()))


def charged(market: Market) -> int:
    """Return what the endpoint has taken out of the account, on hold or for good."""
    with market.database.read() as session:
        account = session.scalars(select(MarketAccount)).one()
        return account.held + account.spent


@pytest.mark.contract(58, 59)
@pytest.mark.parametrize(
    ("settings", "each"),
    [
        ({"overlap": 9, "price_micros": 25_000}, ("0.05", "0.01")),
        ({"overlap": 9, "price_micros": 5_000}, ("0.01", "0.01")),
        ({"overlap": 9, "price_micros": 1_000}, ("0.01", "0.01")),
        ({"overlap": 10, "price_micros": 500_000, "posting": {"most_assignments": 20}}, ("1.00", "0.40")),
        ({"overlap": 3, "price_micros": 500_000, "posting": {"masters": True}}, ("1.00", "0.25")),
        ({"overlap": 3, "price_micros": 75_000, "gold": 3, "gold_share": 0.5}, None),
    ],
)
def test_the_price_is_what_the_endpoint_takes(
    open_shop: OpenShop, market: Market, settings: dict[str, Any], each: tuple[str, str] | None
) -> None:
    shop = open_shop(items=6, max_overlap=20, **settings)
    quote = quoted(shop)
    if each is not None:
        assert {(line.reward_micros, line.fee_micros) for line in quote.lines} == {
            (to_micros(each[0]), to_micros(each[1]))
        }
    assert shop.hits() == []
    assert shop.entries() == []
    shop.publish()
    assert charged(market) == quote.whole_micros == shop.held()
    planned = shop.entries(OutboxEntry.operation == "CreateHITWithHITType")
    assert sum(entry.cost_micros for entry in planned) == quote.whole_micros
    assert sum(h.assignments * (h.reward_micros + h.fee_micros) for h in shop.hits()) == quote.whole_micros


def test_more_than_the_cap_covers_is_not_published_and_said_to_the_cent(open_shop: OpenShop) -> None:
    shop = open_shop(items=4, overlap=3, price_micros=50_000, cap=650_000)
    quote = quoted(shop)
    assert (quote.whole_micros, quote.lacking_micros) == (720_000, 70_000)
    with pytest.raises(BudgetExceeded, match=r"needs \$0.12 and \$0.05"):
        shop.publish()
    assert shop.world.count(Hit) == 0


def test_gold_is_left_out_where_the_cap_has_no_room_for_it(open_shop: OpenShop, market: Market) -> None:
    settings = {"items": 4, "overlap": 1, "price_micros": 50_000, "gold": 4, "gold_share": 0.5, "hit_size": 4}
    shop = open_shop(cap=260_000, **settings)
    quote = quoted(shop)
    shop.publish()
    assert shop.held() == quote.whole_micros == charged(market) <= 260_000


def test_every_move_of_money_has_a_cause_of_its_own(open_shop: OpenShop) -> None:
    shop = open_shop(items=4, overlap=3)
    shop.publish()
    shop.world.ask_again("i00")
    shop.publish()
    keys = shop.world.rows(select(LedgerEntry.key).order_by(LedgerEntry.id))
    project = shop.world.project_id
    assert keys == [
        "reserve:batch:1",
        f"reserve:hits:{project}:0",
        "reserve:again:test",
        f"reserve:hits:{project}:2",
    ]
    shop.world.sound()


def test_a_large_hit_is_said_to_cost_twice_the_fee(open_shop: OpenShop) -> None:
    shop = open_shop(items=2, overlap=12, max_overlap=12, posting={"most_assignments": 12})
    assert any("40 % instead of 20 %" in note for note in quoted(shop).notes)
