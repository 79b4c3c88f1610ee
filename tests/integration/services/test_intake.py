"""Items and gold come in: all of an import or nothing of it, and the same file twice changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crowd.db import CHUNK, Database
from crowd.errors import Unprocessable
from crowd.models import Gold, Item
from crowd.services import intake
from crowd.services.intake import Imported
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow
from tests.integration import world
from tests.integration.world import START, World


def load(shop: World, rows: list[ItemRow]) -> Imported:
    return shop.do(lambda s, p: intake.add_items(s, p, rows, now=START))


def declare(shop: World, *rows: GoldRow) -> Imported:
    return shop.do(lambda s, p: intake.add_gold(s, p, rows, source="test", now=START))


def refusal(act: object) -> list[tuple[str, str]]:
    with pytest.raises(Unprocessable) as error:
        act()  # type: ignore[operator]
    return [(problem.where, problem.message) for problem in error.value.problems]


def test_the_same_file_twice_changes_nothing(database: Database) -> None:
    shop = world.make(database, items=0)
    rows = world.item_rows([f"k{n}" for n in range(CHUNK + 10)])
    assert load(shop, rows) == Imported(CHUNK + 10, 0)
    assert load(shop, rows[::-1]) == Imported(0, CHUNK + 10)
    assert load(shop, [*rows, ItemRow("new", {"text": "n"}, "l")]) == Imported(1, CHUNK + 10)
    assert shop.count(Item) == CHUNK + 11


def test_the_order_of_fields_is_no_difference(database: Database) -> None:
    shop = world.make(database, items=0)
    load(shop, [ItemRow("k", {"a": 1, "b": [1.5, None, "é"]}, "l")])
    assert load(shop, [ItemRow("k", {"b": [1.5, None, "é"], "a": 1}, "l")]) == Imported(0, 1)
    assert shop.item("k").payload == {"a": 1, "b": [1.5, None, "é"]}


def test_another_payload_is_refused_with_its_place_and_nothing_stored(database: Database) -> None:
    shop = world.make(database, items=0)
    load(shop, [ItemRow("k", {"text": "one"}, "first.csv line 2")])
    rows = [
        ItemRow("new", {"text": "n"}, "items.csv line 2"),
        ItemRow("k", {"text": "two"}, "items.csv line 3"),
        ItemRow("x", {"text": "1"}, "items.csv line 4"),
        ItemRow("x", {"text": "2"}, "items.csv line 5"),
    ]
    assert refusal(lambda: load(shop, rows)) == [
        ("items.csv line 3", "item 'k' is already stored with different content"),
        ("items.csv line 4", "item 'x' appears twice with different content"),
    ]
    assert shop.rows(select(Item.key)) == ["k"]


def test_many_problems_are_counted_and_the_first_named(database: Database) -> None:
    shop = world.make(database, items=0)
    names = [f"k{n}" for n in range(50)]
    load(shop, world.item_rows(names))
    found = refusal(lambda: load(shop, [ItemRow(name, {"text": "x"}, name) for name in names]))
    assert len(found) == intake.MAX_PROBLEMS + 1
    assert found[-1] == ("", "and 30 more")


def test_two_projects_may_use_the_same_keys(database: Database) -> None:
    one = world.make(database, items=2)
    other = world.make(database, items=2, slug="other")
    assert load(one, [ItemRow("mine", {"text": "one"}, "l")]) == Imported(1, 0)
    assert load(other, [ItemRow("mine", {"text": "other"}, "l")]) == Imported(1, 0)
    assert one.item("mine").payload != other.item("mine").payload


def test_gold_takes_its_item_out_of_the_questions(database: Database) -> None:
    shop = world.make(database, items=2, ask=False)
    assert declare(shop, GoldRow("i00", "a", "l")) == Imported(1, 0)
    assert declare(shop, GoldRow("i00", "a", "l"), GoldRow("i00", "a", "l")) == Imported(0, 2)
    assert shop.item("i00").state == "gold"
    shop.do(lambda s, p: world.ask_about(s, p, ["i00", "i01"]))
    assert shop.item("i00").open == 0
    shop.sound()


def test_faulty_gold_is_refused_with_every_place_and_nothing_stored(database: Database) -> None:
    shop = world.make(database, items=4, ask=False)
    shop.do(lambda s, p: world.ask_about(s, p, ["i03"]))
    declare(shop, GoldRow("i01", "a", "l"))
    rows = [
        GoldRow("i00", "a", "g line 2"),
        GoldRow("i00", "b", "g line 3"),
        GoldRow("i01", "b", "g line 4"),
        GoldRow("i02", "z", "g line 5"),
        GoldRow("nope", "a", "g line 6"),
        GoldRow("i03", "a", "g line 7"),
    ]
    assert refusal(lambda: declare(shop, *rows)) == [
        ("g line 3", "item 'i00' appears twice with different labels"),
        ("g line 4", "item 'i01' already has the gold label 'a'"),
        ("g line 5", "label 'z' is not in the label set (a, b, c)"),
        ("g line 6", "no item 'nope'; import the items first"),
        ("g line 7", "item 'i03' is already being asked and cannot become gold"),
    ]
    assert shop.count(Gold) == 1
    shop.sound()
