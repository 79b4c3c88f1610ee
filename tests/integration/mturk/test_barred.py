"""Whoever is kept out of a project is offered no more of it at the endpoint, and then again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.models import Project, Worker
from crowd.services import roster
from crowd.services.mturk import barred, forget, people
from tests.integration.mturk.stall import Stall, stall

ANN, BARRED = "AW1", "3QBARRED"


@pytest.fixture
def shop(database: Database) -> Stall:
    """Hold a project whose HITs are pages of the endpoint, and somebody who handed one in."""
    shop = stall(database, items=2, hit_size=1, overlap=2, posting={"barred": BARRED})
    shop.work(shop.published()[0], ANN)
    shop.collect()
    return shop


def ann(session: Session) -> Worker:
    return session.scalars(select(Worker).where(Worker.name == ANN)).one()


def ban(shop: Stall, *, everywhere: bool = False, **more: Any) -> None:
    def act(session: Session, project: Project) -> None:
        about: dict[str, Any] = {"reason": "r", "facts": {}, "actor": "t", "now": shop.shop.clock()}
        scope = None if everywhere else project
        roster.restrict(session, ann(session), project=scope, kind="banned", **about, **more)

    shop.shop.world.do(act)


def lift(shop: Stall) -> None:
    principal = shop.shop.world.principal
    shop.shop.world.do(lambda s, p: roster.lift(s, principal, ann(s), p, now=shop.shop.clock()))


def mark(shop: Stall) -> int:
    return shop.shop.world.do(lambda s, p: barred.mark(s, p, now=shop.shop.clock()))


def test_hits_ask_that_a_worker_is_not_barred(shop: Stall) -> None:
    (wanted,) = {str(made["QualificationRequirements"]) for made in shop.turk.types.values()}
    assert BARRED in wanted
    assert "DoesNotExist" in wanted


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_ban_bars_a_worker_at_the_endpoint_until_it_is_over(shop: Stall, everywhere: bool) -> None:
    shop.turn()
    assert shop.turk.granted == {}
    ban(shop, everywhere=everywhere, until=shop.shop.clock() + timedelta(hours=1))
    shop.turn()
    assert shop.turk.granted == {(BARRED, ANN): 1}
    calls = shop.called()
    shop.judge()
    shop.send()
    assert shop.called() == calls  # nobody is told twice
    shop.shop.clock.forward(3601)
    shop.judge()
    shop.send()
    assert shop.turk.granted == {}
    ban(shop)
    shop.judge()
    shop.send()
    assert shop.turk.granted == {(BARRED, ANN): 1}


def test_what_is_meant_last_is_sent_last(shop: Stall) -> None:
    ban(shop)
    assert mark(shop) == 1
    lift(shop)
    assert mark(shop) == 0  # the first call is still under way
    shop.send()
    assert mark(shop) == 1
    shop.send()
    assert shop.turk.granted == {}


def test_without_the_setting_the_endpoint_is_told_nothing(database: Database) -> None:
    shop = stall(database, items=1, hit_size=1)
    shop.work(shop.published()[0], ANN)
    shop.collect()
    ban(shop)
    assert mark(shop) == 0


def test_who_never_came_to_this_endpoint_is_not_named_there(shop: Stall) -> None:
    def act(session: Session, project: Project) -> None:
        stranger = roster.arrival(session, project.requester_id, "mturk", "AW9", now=shop.shop.clock())
        about: dict[str, Any] = {"reason": "r", "facts": {}, "actor": "t", "now": shop.shop.clock()}
        roster.restrict(session, stranger, project=None, kind="banned", **about)

    shop.shop.world.do(act)
    assert mark(shop) == 0


def test_who_was_erased_is_not_named_there(shop: Stall) -> None:
    ban(shop)

    def erase(session: Session, _: Project) -> None:
        ann(session).erased_at = shop.shop.clock()

    shop.shop.world.do(erase)
    assert mark(shop) == 0


def test_a_call_that_takes_the_bar_away_names_nobody_after_an_erasure(shop: Stall) -> None:
    def act(session: Session, project: Project) -> None:
        people.withdraw(session, project, ann(session), BARRED, cause="barred:1", now=shop.shop.clock())

    shop.shop.world.do(act)
    shop.send()
    (entry,) = shop.shop.entries()[-1:]
    assert entry.operation == people.WITHDRAW
    shop.shop.world.do(lambda s, _: forget.forget(s, ann(s), "(gone)"))
    assert shop.shop.entries()[-1].parameters["WorkerId"] == "(gone)"
