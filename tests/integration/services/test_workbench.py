"""What lies ready for a worker: only what is open to them, counted as far as it matters, held pages first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crowd.models import Assignment, Item, Reservation
from crowd.services import roster
from crowd.services.people import workbench
from crowd.services.people.eligibility import Reason
from tests.integration import world as worlds
from tests.integration.world import PRICE, World


def offers(world: World, name: str = "wim") -> list[workbench.Offer]:
    return world.do(lambda s, _: workbench.offers(s, world.worker(s, name), now=world.clock()))


def only(world: World, name: str = "wim") -> workbench.Offer:
    (found,) = offers(world, name)
    return found


@pytest.fixture
def world(database) -> World:
    return worlds.make(database, items=6, hit_size=3)


def test_what_waits_is_what_this_worker_can_still_answer(world: World):
    assert (only(world).next, only(world).waiting) == ("work", 6)
    world.answer("wim")
    assert (only(world).next, only(world).waiting) == ("work", 3)
    assert only(world, "kim").waiting == 6


def test_a_held_page_is_gone_on_with_first_even_where_the_project_rests(world: World, database):
    worlds.make(database, slug="other", items=2)
    world.page("wim")
    world.configure(state="paused")
    first, second = offers(world)
    assert (first.project.id, first.next) == (world.project_id, "continue")
    assert second.next == "work"
    assert [offer.project.slug for offer in offers(world, "kim")] == ["other"]


def test_projects_without_work_come_last(world: World, database):
    full = worlds.make(database, slug="full", items=1)
    for _ in range(2):
        world.answer("wim")
    assert [offer.project.id for offer in offers(world)] == [full.project_id, world.project_id]


def test_counting_stops_one_above_what_is_shown(database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbench, "MOST_COUNTED", 4)
    assert only(worlds.make(database, items=9)).waiting == 5


def test_an_item_reserved_for_others_does_not_wait(world: World):
    def reserve(session, _):
        item = session.get_one(Item, world.item("i00").id)
        item.reserved = True
        kept = Reservation(item_id=item.id, worker_id=world.worker(session, "kim").id)
        session.add(kept)

    world.do(reserve)
    assert (only(world, "wim").waiting, only(world, "kim").waiting) == (5, 6)


def test_a_project_that_is_not_open_is_not_shown(world: World):
    def ban(session, project):
        worker = world.worker(session, "wim")
        now = world.clock()
        roster.restrict(
            session, worker, project=project, kind="banned", reason="copies", facts={}, actor="test", now=now
        )

    world.do(ban)
    assert offers(world) == []
    assert len(offers(world, "kim")) == 1
    project = world.do(lambda _, project: project)
    found = world.do(lambda s, p: workbench.offer(s, p, world.worker(s, "wim"), now=world.clock()))
    assert found is None
    assert project.state == "active"


def test_where_only_the_quiz_is_missing_it_comes_first(world: World, monkeypatch: pytest.MonkeyPatch):
    against = [Reason("quiz", "the quiz has to be passed first")]
    monkeypatch.setattr(workbench.eligibility, "reasons", lambda *_, **__: against)
    assert only(world).next == "quiz"
    against.append(Reason("cap", "the worker's answers are used up"))
    assert offers(world) == []


def test_the_time_of_a_page_is_the_median_of_those_handed_in(world: World):
    for name in ("ann", "bob", "cas"):
        assert only(world).page_seconds is None
        world.ask_again("i00", "i01", "i02", cause=name)
        world.answer(name)

    def spend(session, _):
        for assignment, seconds in zip(session.query(Assignment), (10.0, 600.0, 40.0), strict=True):
            assignment.active_seconds = seconds

    world.do(spend)
    assert only(world).page_seconds == 40
    assert only(world).price_micros == PRICE


def test_a_lease_that_ran_out_is_nothing_to_go_on_with(world: World):
    world.page("wim")
    world.clock.now += timedelta(days=2)
    world.sweep()
    assert only(world).next == "work"
