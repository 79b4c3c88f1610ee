"""Own people first and an endpoint's besides: who is asked what, and every cent of it accounted for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crowd.db import Database, connect
from crowd.errors import Conflict
from crowd.models import Decision, Item
from crowd.services.check import check
from crowd.services.people import reserve
from crowd.services.setup import projects
from tests.integration.mturk.two_channels import DAY, OTHER, OWN, PATIENCE, Shared, shared

only_sqlite = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)


def items(shop: Shared) -> list[Item]:
    return shop.world.rows(select(Item).where(Item.project_id == shop.world.project_id).order_by(Item.key))


def reasons(shop: Shared, action: str) -> list[str]:
    return shop.world.rows(select(Decision.reason).where(Decision.action == action).order_by(Decision.id))


def test_places_that_nobody_takes_are_handed_over_after_a_while(database: Database) -> None:
    shop = shared(database, overlap=2, hit_size=2)
    assert shop.answer("p1") == 2  # i00 and i01
    shop.wait(PATIENCE - 1)
    assert shop.hand_over() == 0
    shop.wait(2)
    held, _ = shop.money()
    assert shop.hand_over() == 6
    assert shop.money()[0] == held + 6 * (OTHER - OWN)
    assert [(each.open, each.handed_over) for each in items(shop)] == [
        (1, True),
        (1, True),
        (2, True),
        (2, True),
    ]
    assert reasons(shop, "hand_over")[0] == "nobody took it for 2:00:00: over to mturk"
    assert shop.claim("p2") is None  # what is the endpoint's is not claimed
    shop.publish()
    while any(shop.work_there(f"AW{number}") for number in range(3)):
        shop.collect()
    shop.settle()
    assert shop.money() == (0, 2 * OWN + shop.stall.turk.spent() * 1)
    shop.exact()
    shop.world.sound()


def test_what_the_budget_does_not_reach_for_stays_with_the_own_people(database: Database) -> None:
    shop = shared(database, overlap=1, hit_size=1, posting={"fees": "none"})
    shop.wait(PATIENCE)
    shop.leave(2 * (OTHER - OWN) + 1)
    assert shop.hand_over() == 2
    assert [each.handed_over for each in items(shop)] == [True, True, False, False]
    shop.publish()
    assert len(shop.on_offer()) == 2
    assert shop.answer("p1") == shop.answer("p1") == 1
    assert shop.claim("p1") is None
    shop.exact()


def test_a_cheaper_channel_gives_back_the_difference(database: Database) -> None:
    shop = shared(database, overlap=1, second_price_micros=10_000)
    shop.wait(PATIENCE)
    shop.leave(0)
    assert shop.hand_over() == 4
    assert shop.money()[0] == 4 * 10_000


def test_ties_are_broken_by_the_second_channel(database: Database) -> None:
    shop = shared(database, when="tie_break", items=2, overlap=2, hit_size=2)
    shop.answer("p1", "a"), shop.answer("p2", "b")
    shop.decide()
    assert [(each.open, each.handed_over) for each in items(shop)] == [(1, True)] * 2
    assert shop.claim("p3") is None
    shop.publish()
    assert shop.work_there("AW1", "a")
    shop.collect()
    assert [answer.channel for answer in shop.stall.answers()] == ["pool"] * 4 + ["mturk"] * 2
    shop.exact()
    shop.world.sound()


def test_the_pool_breaks_the_ties_of_an_endpoint(database: Database) -> None:
    shop = shared(database, own="mturk", when="tie_break", items=2, overlap=2, hit_size=2)
    assert shop.claim("p1") is None
    shop.publish()
    assert shop.work_there("AW1", "a")
    assert shop.work_there("AW2", "b")
    shop.collect()
    shop.decide()
    receipt = (shop.claim("p1"), shop.submit("p1"))[1]
    assert receipt is not None
    assert receipt.amount_micros == 2 * OTHER
    shop.settle()
    shop.exact()
    shop.world.sound()


def test_the_channel_that_gains_more_for_its_price_is_asked_and_the_reason_says_so(
    database: Database,
) -> None:
    shop = shared(
        database, when="worth", items=3, overlap=2, hit_size=3, max_overlap=4, second_price_micros=10_000,
        posting={"fees": "none"},
    )  # fmt: skip
    shop.answer("p1", "a"), shop.answer("p2", "b")
    shop.decide()
    # Nobody has answered from the endpoint: its people count as the whole crowd, at a third of the price.
    assert [each.handed_over for each in items(shop)] == [True] * 3
    assert all("; mturk: " in reason and reason.endswith("from pool") for reason in reasons(shop, "more"))


def test_a_dearer_channel_of_the_same_people_is_not_asked(database: Database) -> None:
    shop = shared(database, when="worth", items=3, overlap=2, hit_size=3)
    shop.answer("p1", "a"), shop.answer("p2", "b")
    shop.decide()
    assert [(each.open, each.handed_over) for each in items(shop)] == [(1, False)] * 3
    assert all("; pool: " in reason for reason in reasons(shop, "more"))


def test_a_page_given_back_goes_where_its_item_is_asked_by_then(database: Database) -> None:
    shop = shared(database, items=1, overlap=2, hit_size=1)
    shop.claim("p1")
    shop.world.configure(lease_seconds=10 * DAY)
    shop.world.clock.forward(PATIENCE)
    assert shop.hand_over() == 1
    shop.give_back("p1")
    assert [(each.open, each.handed_over) for each in items(shop)] == [(2, True)]
    shop.exact()


def test_a_page_given_back_is_let_go_where_there_is_no_money_for_the_other_channel(
    database: Database,
) -> None:
    shop = shared(database, items=1, overlap=2, hit_size=1, posting={"fees": "none"})
    shop.claim("p1")
    shop.world.clock.forward(PATIENCE)
    shop.hand_over()
    shop.leave(OTHER - OWN - 1)
    shop.give_back("p1")
    assert [(each.open, each.wanted) for each in items(shop)] == [(1, 1)]
    shop.exact()
    shop.world.sound()


def test_what_an_endpoint_leaves_unfilled_is_offered_there_again_at_its_price(database: Database) -> None:
    shop = shared(database, items=2, overlap=1, hit_size=2)
    shop.wait(PATIENCE)
    shop.hand_over()
    shop.publish()
    shop.wait(5 * DAY)
    shop.collect()
    assert [(each.open, each.handed_over) for each in items(shop)] == [(1, True)] * 2
    assert shop.money() == (2 * OTHER, 0)
    assert shop.claim("p1") is None


def test_what_an_endpoint_leaves_unfilled_overflows_to_the_pool(database: Database) -> None:
    shop = shared(
        database, own="mturk", items=2, overlap=1, hit_size=2, posting={"lifetime_seconds": 3600}
    )  # fmt: skip
    shop.publish()
    assert shop.claim("p1") is None
    shop.wait(PATIENCE)
    shop.collect()
    assert shop.hand_over() == 2
    assert shop.answer("p1") == 2
    shop.settle()
    assert shop.money() == (0, 2 * OTHER)
    shop.world.sound()


def test_a_turn_hands_over_publishes_collects_and_pays_both(database: Database) -> None:
    shop = shared(database, items=2, overlap=2, hit_size=2)
    shop.answer("p1")
    shop.world.clock.forward(PATIENCE)
    turn = shop.stall.turn()
    assert (turn.handed_over, turn.paid, turn.idle) == (2, 1, False)
    assert shop.work_there("AW1")
    turn = shop.stall.turn()
    assert (turn.collected, turn.paid, turn.decided.enough) == (1, 1, 2)
    found = shop.world.do(projects.overview).channels
    fee = found[1].paid_micros - 2 * OTHER
    assert [(each.channel, each.answers, each.paid_micros) for each in found] == [
        ("pool", 2, 2 * OWN),
        ("mturk", 2, 2 * OTHER + fee),
    ]
    assert fee > 0
    shop.exact()
    shop.world.sound()


@only_sqlite
def test_a_second_channel_joins_a_project_under_way_and_leaves_once_nothing_is_on_offer_there(
    database: Database,
) -> None:
    shop = shared(database, items=2, overlap=1, hit_size=2)
    _update(shop, second_channel=None)
    shop.claim("p1")
    again = {"second_channel": "mturk", "second_price_micros": OTHER, "endpoint": "http://e.test/mturk"}
    _update(shop, **again)
    _update(shop, second_price_micros=OWN)
    shop.give_back("p1")
    shop.wait(PATIENCE)
    shop.hand_over()
    for change in ({"second_price_micros": OTHER}, {"second_channel": None}):
        with pytest.raises(Conflict, match="cannot change while answers are on offer"):
            _update(shop, **change)


def _update(shop: Shared, **changes: Any) -> None:
    shop.world.do(lambda s, p: projects.update(s, shop.world.principal, p, changes, now=shop.world.clock()))


# Any order


@pytest.fixture
def fast_database(migrated_url: str) -> Iterator[Database]:
    """Open a database that need not survive a power cut."""
    database = connect(migrated_url, durable=False)
    yield database
    database.dispose()


PEOPLE = st.sampled_from(["p1", "p2", "p3"])
THERE = st.sampled_from(["AW1", "AW2", "AW3"])
LABEL = st.sampled_from(["a", "b"])
Act = Callable[[Shared], object]
ACTS: st.SearchStrategy[Act] = st.one_of(
    st.builds(lambda name: lambda shop: shop.claim(name), PEOPLE),
    st.builds(lambda name, label: lambda shop: shop.answer(name, label), PEOPLE, LABEL),
    st.builds(lambda name: lambda shop: shop.submit(name, skips=1), PEOPLE),
    st.builds(lambda name: lambda shop: shop.give_back(name), PEOPLE),
    st.builds(lambda name: lambda shop: shop.ban(name), st.just("p3")),
    st.builds(lambda name, label: lambda shop: shop.work_there(name, label), THERE, LABEL),
    st.builds(lambda free: lambda shop: shop.leave(free), st.sampled_from([0, OTHER, 40 * OTHER])),
    st.builds(lambda rest: lambda shop: shop.wait(rest), st.sampled_from([PATIENCE, 4 * DAY])),
    *(
        st.just(act)
        for act in (Shared.hand_over, Shared.publish, Shared.collect, Shared.decide, Shared.settle)
        for _ in range(2)
    ),
)


def live(database: Database, data: st.DataObject) -> None:
    """Let a project go through some acts, and look at every cent after each."""
    own = data.draw(st.sampled_from(["pool", "mturk"]))
    when = data.draw(st.sampled_from(["overflow", "overflow", "tie_break", "worth"]))
    price = data.draw(st.sampled_from([OTHER, 10_000]))
    shop = shared(database, own=own, when=when, items=3, hit_size=2, second_price_micros=price)
    for act in data.draw(st.lists(ACTS, min_size=15, max_size=30)):
        act(shop)
        shop.exact()
    with database.read() as session:
        findings = check(session, project_id=shop.world.project_id)
    assert [text for finding in findings for text in finding.named] == []


QUIET: dict[str, Any] = {
    "derandomize": True,
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}


@only_sqlite
@given(st.data())
@settings(max_examples=4, **QUIET)  # the longer run is for `make nightly`
def test_whatever_few_things_happen_exactly_what_may_become_due_is_held(
    fast_database: Database, data: st.DataObject
) -> None:
    live(fast_database, data)


@pytest.mark.slow(by_day="test_whatever_few_things_happen_exactly_what_may_become_due_is_held")
@given(st.data())
@settings(max_examples=30, **QUIET)
def test_whatever_happens_exactly_what_may_become_due_is_held(
    fast_database: Database, data: st.DataObject
) -> None:
    live(fast_database, data)


def test_what_is_kept_for_own_people_is_never_handed_over(database: Database) -> None:
    shop = shared(database, overlap=1, hit_size=2)

    def keep(session: Any, project: Any) -> None:
        item = session.scalars(select(Item).where(Item.key == "i00")).one()
        own = [shop.labeler(session, "p1")]
        reserve.reserve(session, shop.world.principal, project, item, own, now=shop.world.clock())

    shop.world.do(keep)
    shop.wait(PATIENCE + 1)
    shop.hand_over()
    assert [each.key for each in items(shop) if not each.handed_over] == ["i00"]
    with pytest.raises(Conflict, match="on offer at mturk"):
        shop.world.do(
            lambda s, p: reserve.reserve(
                s,
                shop.world.principal,
                p,
                s.scalars(select(Item).where(Item.key == "i01")).one(),
                [shop.labeler(s, "p1")],
                now=shop.world.clock(),
            )
        )
