"""HITs are published to an endpoint: each page once, paid for before it is offered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

import pytest
from sqlalchemy import select, update

from crowd.channels.mturk.client import PRODUCTION
from crowd.db import Database
from crowd.errors import Unprocessable
from crowd.models import Answer, Item, OutboxEntry
from crowd.services.mturk import channel
from tests.integration import world
from tests.integration.market.conftest import Market
from tests.integration.mturk.conftest import Shop
from tests.integration.world import LABELS, World
from workers.fees import CENT

OpenShop = Callable[..., Shop]


@pytest.mark.contract(22)
def test_every_page_becomes_a_hit_that_is_known_by_its_id(open_shop: OpenShop, market: Market) -> None:
    shop = open_shop(items=5, overlap=3)
    sent = shop.publish()
    assert (sent.done, sent.failed, sent.later) == (3 + 2, 0, 0)  # two rewards: the last page is shorter
    listed = market.client.list_hits(MaxResults=100)["HITs"]
    assert {hit.external_id for hit in shop.hits()} == {hit["HITId"] for hit in listed}
    assert {(hit["Reward"], hit["MaxAssignments"]) for hit in listed} == {("0.06", 3), ("0.03", 3)}
    annotations = {hit["RequesterAnnotation"] for hit in listed}
    assert annotations == {
        entry.token for entry in shop.entries(OutboxEntry.operation == "CreateHITWithHITType")
    }
    assert all(hit.expires_at is not None for hit in shop.hits())
    shop.world.sound()


def test_publishing_again_makes_nothing_new(open_shop: OpenShop, market: Market) -> None:
    shop = open_shop(items=4)
    shop.publish()
    before = market.client.list_hits(MaxResults=100)["HITs"]
    assert shop.publish().tried == 0
    assert market.client.list_hits(MaxResults=100)["HITs"] == before


@pytest.mark.contract(46)
def test_what_is_wanted_later_is_asked_in_new_hits_never_in_larger_ones(
    open_shop: OpenShop, market: Market
) -> None:
    shop = open_shop(items=2, overlap=11, max_overlap=30)
    shop.publish()
    assert sorted(hit.assignments for hit in shop.hits()) == [2, 9]
    shop.world.ask_again("i00", "i01")
    shop.publish()
    assert sorted(hit.assignments for hit in shop.hits()) == [1, 2, 9]
    assert {hit.fee_micros for hit in shop.hits()} == {CENT}  # of 6 cents; 10 on one HIT would cost 2
    called = {request.headers["X-Amz-Target"].rpartition(b".")[2] for request in market.sent}
    assert b"CreateAdditionalAssignmentsForHIT" not in called


def lengthen(shop: Shop, lengths: Mapping[str, int]) -> None:
    """Give items texts so many characters long, each of which takes five bytes in a page."""
    for key, length in lengths.items():
        payload = {"text": "'" * length}
        shop.world.do(
            lambda session, _, key=key, payload=payload: session.execute(
                update(Item).where(Item.key == key).values(payload=payload)
            )
        )


def test_pages_too_long_for_an_endpoint_are_split(open_shop: OpenShop, market: Market) -> None:
    shop = open_shop(items=6, overlap=2, hit_size=6)
    lengthen(shop, {"i00": 1500, "i01": 1500, "i02": 1500, "i03": 1500})
    shop.publish()
    assert len(shop.hits()) > 1
    listed = market.client.list_hits(MaxResults=100)["HITs"]
    assert max(len(hit["Question"].encode()) for hit in listed) <= 65_535
    shown = [name for hit in listed for name in re.findall(r"about (i\d\d)", hit["Question"])]
    assert sorted(shown) == ["i04", "i05"]
    shop.world.sound()


def test_items_too_long_for_any_page_are_named(open_shop: OpenShop, market: Market) -> None:
    shop = open_shop(items=4, overlap=1)
    lengthen(shop, {"i01": 20_000, "i03": 20_000})
    with pytest.raises(Unprocessable) as caught:
        shop.publish()
    assert [problem.where for problem in caught.value.problems] == ["item 'i01'", "item 'i03'"]
    assert "65535" in caught.value.problems[0].message
    assert market.client.list_hits()["HITs"] == []


@pytest.mark.contract(61)
def test_production_is_never_called_without_leave(database: Database) -> None:
    made = world.make(database)
    made.configure(channel="mturk", endpoint=PRODUCTION)
    with pytest.raises(Unprocessable, match="AWS closed Mechanical Turk"):
        made.do(lambda _, project: channel.of(project))
    with pytest.raises(Unprocessable, match="allow_production"):
        world.make(database, slug="other", channel="mturk", endpoint=PRODUCTION)


@pytest.mark.contract(68, 67, side="P")
def test_a_page_filled_in_at_the_endpoint_gives_the_answers_of_the_pool(
    open_shop: OpenShop, market: Market
) -> None:
    shop = open_shop(items=4, overlap=1, hit_size=2)
    shop.publish()
    for hit in shop.hits():
        shown = market.get(hit.external_id or "")["Question"]
        said = opinions(re.findall(r"about (i\d\d)", shown))
        market.done("ann", hit.external_id or "", crowd=json.dumps({"answers": said}))
    assert shop.channel.collect(database=market.database, project_id=shop.world.project_id, clock=shop.clock)
    pool = world.make(market.database, slug="pool", items=4, overlap=1, hit_size=2)
    for _ in range(2):
        page = pool.page("ann")
        pool.submit("ann", page, opinions([str(asked.payload["text"])[-3:] for asked in page.questions]))
    assert recorded(shop.world) == recorded(pool)
    shop.world.sound()


def opinions(items: Sequence[str]) -> dict[str, str]:
    """Return what a worker says of these items, in the order in which a page asks about them."""
    return {f"q{n}": LABELS[int(item[1:]) % len(LABELS)] for n, item in enumerate(items, 1)}


def recorded(made: World) -> list[tuple[str, str]]:
    query = select(Item.key, Answer.value).join(Answer, Answer.item_id == Item.id)
    with made.database.read() as session:
        rows = session.execute(query.where(Item.project_id == made.project_id).order_by(Item.key))
        return [(key, value) for key, value in rows]
