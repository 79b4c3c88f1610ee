"""Requesters and workers write to each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crowd.db import Database
from crowd.errors import NotFound, Unprocessable
from crowd.services.people import messages
from tests.integration import world
from tests.integration.world import START, World


def send(shop: World, sender: str, text: str, worker: str = "ann", *, about: bool = False) -> int:
    return shop.do(
        lambda s, p: (
            messages.send(
                s,
                requester_id=shop.principal.requester_id,
                worker=shop.worker(s, worker),
                sender=sender,
                text=text,
                project=p if about else None,
                now=shop.clock(),
            ).id
        )
    )


def inbox(shop: World, **which) -> list[tuple[str, str | None]]:
    found = shop.do(lambda s, _: messages.for_requester(s, shop.principal, limit=10, **which))
    return [(letter.text, letter.project) for letter in found]


def mark_read(shop: World, reader: str) -> int:
    return shop.do(lambda s, _: messages.mark_read(s, shop.worker(s, "ann"), reader=reader, now=START))


def test_both_sides_see_what_was_written_newest_first(database: Database) -> None:
    shop = world.make(database, ask=False)
    send(shop, "requester", " Well done. ")
    send(shop, "worker", "Thank you.", about=True)
    send(shop, "worker", "Hello", worker="bob")
    assert inbox(shop) == [("Hello", None), ("Thank you.", "demo"), ("Well done.", None)]
    seen = shop.do(lambda s, _: [row.text for row in messages.for_worker(s, shop.worker(s, "ann"), limit=10)])
    assert seen == ["Thank you.", "Well done."]


def test_what_is_read_is_no_longer_new_for_that_side_only(database: Database) -> None:
    shop = world.make(database, ask=False)
    send(shop, "requester", "one")
    send(shop, "worker", "two")
    unread = lambda: shop.do(lambda s, _: messages.unread(s, shop.worker(s, "ann")))  # noqa: E731
    assert (unread(), inbox(shop, unread=True)) == (1, [("two", None)])
    assert (mark_read(shop, "worker"), mark_read(shop, "worker")) == (1, 0)
    assert (unread(), inbox(shop, unread=True)) == (0, [("two", None)])
    assert mark_read(shop, "requester") == 1
    assert inbox(shop, unread=True) == []


def test_a_key_for_one_project_sees_what_is_about_it(database: Database) -> None:
    shop = world.make(database, ask=False)
    send(shop, "worker", "in general")
    send(shop, "worker", "of demo", about=True)
    narrow = replace(shop.principal, project_id=shop.project_id)
    found = shop.do(lambda s, _: messages.for_requester(s, narrow, limit=10))
    assert [letter.text for letter in found] == ["of demo"]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (messages.LONGEST + 1)])
def test_nothing_and_too_much_are_refused(database: Database, text: str) -> None:
    shop = world.make(database, ask=False)
    with pytest.raises(Unprocessable, match="text: must hold 1 to 4000 characters"):
        send(shop, "worker", text)


def test_who_was_erased_cannot_be_written_to(database: Database) -> None:
    shop = world.make(database, ask=False)
    shop.do(lambda s, _: setattr(shop.worker(s, "ann"), "erased_at", START))
    with pytest.raises(NotFound, match="was erased"):
        send(shop, "requester", "hello?")
