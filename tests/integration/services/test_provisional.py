"""Between two runs an item is judged and decided soon after its last answer, and marked as such."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crowd.db import Database
from crowd.models import Consensus, Decision, Item, Provisional
from crowd.services import conclude, merge, provisional
from crowd.services.decide import Decided
from tests.integration import world
from tests.integration.world import START, World

ITEMS = 6


def concluded(database: Database, **settings: object) -> World:
    """Let two of three people answer everything alike, and conclude."""
    chosen = {"overlap": 3, "max_overlap": 5, "confidence": 0.9, "method": "majority", "hit_size": ITEMS}
    shop = world.make(database, items=ITEMS, **{**chosen, **settings})
    answer(shop, "ann", "a")
    answer(shop, "bob", "a")
    shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    return shop


def answer(shop: World, name: str, label: str) -> None:
    page = shop.claim(name)
    shop.submit(name, page, {question.name: label for question in page.questions})


def update(shop: World) -> Decided:
    return shop.do(lambda s, p: provisional.update(s, p, now=START))


def states(shop: World) -> set[str]:
    return set(shop.rows(select(Item.state)))


def test_nothing_is_done_where_nothing_is_new(database: Database) -> None:
    shop = concluded(database)
    assert update(shop) == Decided()
    assert shop.count(Provisional) == 0


def test_items_are_settled_soon_after_their_last_answer(database: Database) -> None:
    shop = concluded(database)
    answer(shop, "eve", "a")
    assert update(shop) == Decided(enough=ITEMS)
    assert states(shop) == {"settled"}
    rows = shop.rows(select(Provisional))
    assert {(row.label, row.confidence, row.votes) for row in rows} == {("a", 1.0, 3)}
    assert all(reason.startswith("provisional: confidence") for reason in shop.rows(select(Decision.reason)))
    assert update(shop) == Decided()
    shop.sound()


def test_items_that_are_split_are_asked_about_again(database: Database) -> None:
    shop = concluded(database)
    answer(shop, "eve", "b")
    assert update(shop) == Decided(more=ITEMS)
    assert {(item.state, item.wanted, item.open) for item in shop.rows(select(Item))} == {("asking", 4, 1)}
    answer(shop, "joe", "a")
    assert update(shop).more == ITEMS
    assert {row.votes for row in shop.rows(select(Provisional))} == {4}
    shop.sound()


def test_the_next_run_has_the_last_word(database: Database) -> None:
    shop = concluded(database)
    answer(shop, "eve", "a")
    update(shop)
    shop.do(lambda s, p: conclude.conclude(s, p, method="dawid-skene", now=START))
    assert shop.count(Provisional) == ITEMS
    shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    assert shop.count(Provisional) == 0
    shop.sound()


def test_what_is_provisional_is_no_training_label(database: Database) -> None:
    shop = concluded(database)
    answer(shop, "eve", "a")
    update(shop)
    assert shop.do(merge.candidates) == []
    shop.do(lambda s, p: conclude.conclude(s, p, now=START))
    assert len(shop.do(merge.candidates)) == ITEMS


def test_labels_are_shown_with_what_was_judged_since(database: Database) -> None:
    shop = concluded(database)
    shop.configure(hit_size=2)
    answer(shop, "eve", "b")
    update(shop)
    with database.read() as session:
        run = conclude.latest_run(session, session.get_one(world.Project, shop.project_id))
        kinds = [type(said) for _, said in provisional.labels_of(session, run, limit=99)]
        last = provisional.labels_of(session, run, after="i04", limit=99)
    assert sorted(map(str, kinds)) == sorted(map(str, [Provisional] * 2 + [Consensus] * 4))
    assert [item.key for item, _ in last] == ["i05"]


def test_nothing_is_judged_before_the_first_run(database: Database) -> None:
    shop = world.make(database, items=2, overlap=2, method="majority")
    answer(shop, "ann", "a")
    assert update(shop) == Decided()
    assert shop.count(Provisional) == 0


def test_where_answers_are_weighed_by_worth_items_are_judged_and_left_to_the_next_run(
    database: Database,
) -> None:
    shop = concluded(database, label_value_micros=1_000_000)
    answer(shop, "eve", "a")
    assert update(shop) == Decided()
    assert shop.count(Provisional) == ITEMS
    assert states(shop) == {"asking"}


@pytest.mark.parametrize("trusted", [True, False])
def test_a_run_that_items_judged_alone_contradict_keeps_no_view(
    database: Database, monkeypatch: pytest.MonkeyPatch, *, trusted: bool
) -> None:
    monkeypatch.setattr(conclude, "TRUSTED", 0.95 if trusted else 1.01)
    shop = concluded(database)
    answer(shop, "eve", "a")
    assert update(shop).enough == (ITEMS if trusted else 0)
