"""Submissions come back by polling alone: each once, each paid, and what cannot be used kept apart."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice

import pytest

from crowd.db import Database
from tests.fakes.turk import Turk
from tests.integration.mturk.stall import Stall, reread, stall

DAY = 86_400


@pytest.fixture
def shop(database: Database) -> Stall:
    return stall(database, items=2, overlap=3)


@pytest.mark.contract(75)
def test_polling_alone_completes_a_batch(shop: Stall) -> None:
    for hit in shop.published():
        shop.work(hit, "AW1", "AW2", "AW3")
    turn = shop.turn()
    assert (turn.collected, turn.paid) == (3, 3)
    assert len(shop.answers()) == 6
    assert shop.posted() == shop.turk.spent() > 0
    assert all(hit.state == "closed" and hit.collected_at for hit in shop.shop.hits())
    shop.shop.world.sound()


@pytest.mark.contract(40)
@pytest.mark.parametrize("count", [0, 1, 10, 11, 100, 101])
def test_every_submission_is_taken_in_once_whatever_the_pages(database: Database, count: int) -> None:
    place = stall(
        database, items=1, hit_size=1, overlap=101, max_overlap=101, posting={"most_assignments": 101}
    )
    (hit,) = place.published()
    place.work(hit, *(f"AW{number}" for number in range(count)))
    assert place.collect().submissions == count
    assert len(place.answers()) == len(place.assignments()) == count
    assert place.collect().submissions == 0


@pytest.mark.contract(40)
@pytest.mark.parametrize("newest_first", [False, True])
def test_what_is_submitted_between_two_pages_is_neither_lost_nor_doubled(
    database: Database, newest_first: bool
) -> None:
    turk = Turk(newest_first=newest_first)
    place = stall(
        database, turk, items=1, hit_size=1, overlap=150, max_overlap=150, posting={"most_assignments": 150}
    )
    (hit,) = place.published()
    place.work(hit, *(f"AW{number}" for number in range(100)))
    late = iter(range(1000, 1003))

    def submit_more() -> None:
        for number in islice(late, 1):
            place.work(hit, f"AW{number}")

    turk.between_pages = submit_more
    place.collect()
    turk.between_pages = lambda: None
    place.collect()
    submitted = {task.worker for task in turk.tasks}
    assert len(submitted) > 100
    assert len(place.assignments()) == len(submitted)
    assert len(place.answers()) == len(submitted)


@pytest.mark.contract(41)
def test_collecting_again_changes_nothing(shop: Stall) -> None:
    (hit,) = shop.published()
    shop.work(hit, "AW1", "AW2")
    assert shop.collect().submissions == 2
    before = [(answer.id, answer.value) for answer in shop.answers()]
    assert shop.collect().submissions == 0
    assert [(answer.id, answer.value) for answer in shop.answers()] == before
    shop.shop.world.sound()


@pytest.mark.contract(38)
def test_after_its_end_a_hit_is_watched_until_nobody_has_time_left(shop: Stall) -> None:
    (hit,) = shop.published()
    shop.work(hit, "AW1")
    late = shop.turk.accept(hit, "AW2")
    shop.shop.clock.forward(3 * DAY - 60)
    later = shop.turk.accept(hit, "AW3") if shop.turk.available(shop.turk.hits[hit]) else None
    assert later is not None
    shop.shop.clock.forward(120)  # the HIT is over, one worker still has it
    assert shop.turk.available(shop.turk.hits[hit]) == 0
    assert shop.collect().ended == 0
    shop.turk.submit(later, shop.fields(hit, "b"))
    turn = shop.turn()
    assert turn.collected == 1
    assert shop.shop.hits()[0].collected_at is None  # not before the last deadline
    shop.shop.clock.forward(3600)
    assert shop.collect().ended == 1
    assert {page.external_id for page in shop.assignments()} >= {later}
    assert late not in {page.external_id for page in shop.assignments()}
    assert shop.posted() == shop.turk.spent()
    shop.shop.world.sound()


def test_places_nobody_filled_are_asked_again_in_a_new_hit(shop: Stall) -> None:
    (first,) = shop.published()
    shop.work(first, "AW1")
    shop.shop.clock.forward(3 * DAY + 3600)
    assert shop.collect().ended == 1
    again = shop.published()
    assert [hit.assignments for hit in shop.shop.hits()] == [3, 2]
    shop.work(again[1], "AW2", "AW3")
    shop.turn()
    assert len(shop.answers()) == 6
    assert shop.posted() == shop.turk.spent()
    shop.shop.world.sound()


@pytest.mark.contract(35)
def test_an_assignments_id_that_went_to_another_worker_is_theirs(database: Database) -> None:
    place = stall(database, Turk(reissues=True), items=1, hit_size=1, overlap=2)
    (hit,) = place.published()
    first = place.turk.accept(hit, "AW1")
    place.turk.give_back(first)
    second = place.turk.accept(hit, "AW2")
    assert first == second
    place.turk.submit(second, place.fields(hit))
    place.turn()
    with place.database.read() as session:
        from sqlalchemy import select

        from crowd.models import Assignment, Worker

        names = session.scalars(select(Worker.name).join(Assignment, Assignment.worker_id == Worker.id))
        assert set(names) == {"AW2"}
    assert [paid.worker for paid in place.turk.paid] == ["AW2"]


@pytest.mark.contract(69)
@pytest.mark.parametrize(
    "answer",
    [
        [("crowd", json.dumps({"answers": {"q1": "a"}}))],
        [("crowd", json.dumps({"answers": {"q1": "a", "q2": "nonsense"}}))],
        [("crowd", json.dumps({"answers": {"q1": "a", "q2": "b", "q7": "a"}}))],
        [("crowd", "not json")],
        [("other", "field")],
        [],
        "<broken",
    ],
)
def test_answers_that_are_none_are_paid_for_and_never_counted(
    shop: Stall, answer: list[tuple[str, str]] | str
) -> None:
    (hit,) = shop.published()
    shop.turk.work(hit, "AW1", answer)
    turn = shop.turn()
    assert (turn.collected, turn.paid) == (1, 1)
    assert shop.answers() == []
    (kept,) = shop.quarantined()
    assert kept.reason
    assert kept.worker == "AW1"
    assert reread(shop, shop.assignments()) == [("soft_rejected", "paid")]
    assert shop.posted() == shop.turk.spent() > 0
    assert sum(hit.assignments for hit in shop.shop.hits()) == 3
    shop.shop.publish()
    assert sum(hit.assignments for hit in shop.shop.hits()) == 4  # the answers are asked for again
    shop.shop.world.sound()


@pytest.mark.contract(72)
def test_a_worker_who_answered_elsewhere_is_paid_and_not_counted_twice(database: Database) -> None:
    place = stall(database, items=1, hit_size=1, overlap=11, max_overlap=11)
    nine, two = place.published()
    place.work(nine, "AW1")
    place.work(two, "AW1")
    place.turn()
    assert len(place.answers()) == 1
    assert [page.payment for page in place.assignments()] == ["paid", "paid"]
    assert place.posted() == place.turk.spent()
    place.shop.world.sound()


@pytest.mark.parametrize("kind", ["drop", "throttle", "fault", "html_after", "truncated", "505"])
def test_a_read_that_fails_is_tried_again(shop: Stall, kind: str) -> None:
    (hit,) = shop.published()
    shop.work(hit, "AW1", "AW2", "AW3")
    for operation in ("GetHIT", "ListAssignmentsForHIT"):
        shop.turk.faults.add(kind, operation, times=2)
    assert shop.collect().submissions == 3


def test_a_hit_that_cannot_be_read_does_not_keep_the_others(database: Database) -> None:
    place = stall(database, items=4, overlap=1)
    first, second = place.published()
    place.work(first, "AW1")
    place.work(second, "AW1")
    place.turk.faults.add("fault", "ListAssignmentsForHIT", times=3, about=first)
    found = place.collect()
    assert (found.submissions, found.failed) == (1, 1)
    assert place.collect().submissions == 1


def test_of_many_hits_only_those_that_changed_are_read(database: Database) -> None:
    place = stall(database, items=60, hit_size=2, overlap=1)
    hits = place.published()
    place.work(hits[7], "AW1")
    before = place.called()
    assert place.collect().submissions == 1
    made = place.called() - before
    assert made == {"ListHITs": 1, "ListAssignmentsForHIT": 1}
    assert place.collect().submissions == 0


def test_hits_are_read_while_more_of_them_are_listed(database: Database) -> None:
    place = stall(database, items=101, hit_size=1, overlap=1, max_overlap=1)
    for hit in place.published():
        place.work(hit, "AW1")
    before = len(place.turk.calls)
    assert place.collect().submissions == 101
    made = [call.operation for call in place.turk.calls[before:]]
    assert Counter(made) == {"ListHITs": 2, "ListAssignmentsForHIT": 101}
    second = len(made) - made[::-1].index("ListHITs")
    assert "ListAssignmentsForHIT" in made[:second]
