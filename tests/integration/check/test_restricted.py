"""A page and a restriction that cross each other are no fault; one given in spite of it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crowd.db import Database
from crowd.services import roster
from crowd.services.check.asking import UNSEEN, WAITED
from tests.integration import world
from tests.integration.world import START, World

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def shop(database: Database) -> World:
    return world.make(database, items=2)


def claim(shop: World, after: timedelta) -> None:
    shop.clock.now = START + after
    shop.page("ann")


def restrict(shop: World) -> None:
    """Restrict as a grading does that began at the start, whenever it is stored."""
    about: dict[str, Any] = {"kind": "suspended", "reason": "r", "facts": {}, "actor": "t", "now": START}
    shop.do(lambda s, p: roster.restrict(s, shop.worker(s, "ann"), project=p, **about))


def lift(shop: World, after: timedelta) -> None:
    now = START + after
    shop.do(lambda s, p: roster.lift(s, shop.principal, shop.worker(s, "ann"), p, now=now))


def found(shop: World) -> list[str]:
    return [line for line in world.violations(shop.database) if line.startswith("7:")]


@pytest.mark.parametrize("after", [SECOND, UNSEEN])
def test_a_page_may_be_claimed_while_the_grading_runs_that_restricts(shop: World, after: timedelta) -> None:
    claim(shop, after)
    restrict(shop)
    assert found(shop) == []


def test_a_page_may_be_given_to_whom_a_claim_found_restricted_no_more(shop: World) -> None:
    restrict(shop)
    lift(shop, HOUR)
    claim(shop, HOUR - WAITED)
    assert found(shop) == []


@pytest.mark.parametrize("after", [UNSEEN + SECOND, HOUR - WAITED - SECOND])
def test_a_page_given_long_after_a_restriction_and_before_its_end_is_found(
    shop: World, after: timedelta
) -> None:
    claim(shop, after)
    restrict(shop)
    lift(shop, HOUR)
    [line] = found(shop)
    assert line.startswith("7: assignment 1: given to worker 1, who was suspended")
