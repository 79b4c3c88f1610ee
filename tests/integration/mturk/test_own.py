"""A project makes the qualifications it needs by itself, once, before its first HIT, if it can."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.models import Project
from crowd.services import roster
from crowd.services.mturk import barred, channel, own
from tests.fakes import rules
from tests.fakes.turk import No
from tests.integration.mturk.stall import Stall, stall

ANN = "AW1"


@pytest.fixture
def shop(database: Database) -> Stall:
    posting = {"barred": "auto", "worked": "auto"}
    return stall(database, items=2, hit_size=1, overlap=2, posting=posting)


def unwanted(shop: Stall) -> set[str]:
    """Return the names of the qualifications that HITs ask workers not to have."""
    wanted = [each for made in shop.turk.types.values() for each in made.get("QualificationRequirements", [])]
    assert {each["Comparator"] for each in wanted} <= {"DoesNotExist"}
    return {shop.turk.skills[each["QualificationTypeId"]]["Name"].split(" (")[0] for each in wanted}


def named(shop: Stall) -> list[str]:
    return sorted(skill["Name"].split(" (")[0] for skill in shop.turk.skills.values())


BOTH = ["demo: has handed in", "demo: is kept out"]


def test_they_are_made_once_before_the_first_hit(shop: Stall) -> None:
    assert len(shop.published()) == 2
    assert named(shop) == BOTH
    assert unwanted(shop) == set(BOTH)
    shop.shop.world.ask_again("i00")
    assert len(shop.published()) == 3
    assert shop.called()[own.CREATE] == 2


@pytest.mark.parametrize("fault", ["drop", "drop_after"])
def test_a_lost_reply_makes_no_second_one_and_hits_wait_for_it(shop: Stall, fault: str) -> None:
    shop.turk.faults.add(fault, own.CREATE)
    shop.published()
    assert len(shop.published()) == 2
    assert named(shop) == BOTH
    assert unwanted(shop) == set(BOTH)


def test_where_the_endpoint_makes_none_hits_go_out_without(
    shop: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise No("There is no such operation.", "UnknownOperation")

    monkeypatch.setitem(rules.RULES, own.CREATE, refuse)
    assert len(shop.published()) == 2
    assert unwanted(shop) == set()
    shop.shop.world.do(lambda s, p: channel.refusal(s, p) or pytest.fail("nobody says so"))
    shop.work(shop.published()[0], ANN)
    shop.turn()
    ban(shop)
    assert shop.shop.world.do(lambda s, p: barred.mark(s, p, now=shop.shop.clock())) == 0


def test_nobody_waits_for_long(shop: Stall) -> None:
    def make(session: Session, project: Project) -> int:
        return own.make(session, project, now=shop.shop.clock())

    assert shop.shop.world.do(make) == 2
    shop.shop.clock.forward(own.LONGEST_WAIT.total_seconds())
    assert shop.shop.world.do(make) == 0


def ban(shop: Stall) -> None:
    def act(session: Session, project: Project) -> None:
        worker = roster.arrival(session, project.requester_id, "mturk", ANN, now=shop.shop.clock())
        about: dict[str, Any] = {"reason": "r", "facts": {}, "actor": "t", "now": shop.shop.clock()}
        roster.restrict(session, worker, project=project, kind="banned", **about)

    shop.shop.world.do(act)


def test_who_hands_in_and_who_is_kept_out_gets_them(shop: Stall) -> None:
    shop.work(shop.published()[0], ANN)
    shop.turn()
    ban(shop)
    shop.turn()
    given = {shop.turk.skills[skill]["Name"].split(" (")[0] for skill, worker in shop.turk.granted}
    assert given == set(BOTH)
    assert {worker for _, worker in shop.turk.granted} == {ANN}
