"""Where a worker stands: their own numbers by day and project, quality in a word, others as pseudonyms."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crowd.errors import NotFound
from crowd.models import Assignment, Skill, Slot, Worker
from crowd.services.people import statistics
from crowd.services.people.days import streak
from crowd.services.people.statistics import Amounts
from tests.integration import world as worlds
from tests.integration.world import PRICE, START, World

DAY = 86_400


@pytest.fixture
def world(database) -> World:
    return worlds.make(database, items=12, hit_size=3, overlap=4, max_overlap=4, leaderboard=True)


def stand(world: World, name: str = "wim") -> statistics.Standing:
    return world.do(lambda s, _: statistics.standing(s, world.worker(s, name), now=world.clock()))


def board(world: World, by: statistics.Order = "answers", reader: str = "wim") -> list[statistics.Place]:
    def read(session, project):
        worker = world.worker(session, reader)
        return statistics.leaderboard(session, project, worker, by=by, now=world.clock())

    return world.do(read)


def rate(world: World, name: str, *, low: float, evidence: float) -> None:
    def store(session, project):
        session.add(
            Skill(
                worker_id=world.worker(session, name).id,
                project_id=project.id,
                value=low,
                low=low,
                high=1.0,
                evidence=evidence,
                created_at=world.clock(),
            )
        )

    world.do(store)


def test_nothing_done_is_nothing_told(world: World):
    assert stand(world) == statistics.Standing(Amounts(), Amounts(), 0, (), ())


def test_answers_and_earnings_by_day_and_project(world: World, database):
    other = worlds.make(database, slug="other", items=3, hit_size=3, price_micros=2 * PRICE)
    world.answer("wim")
    other.answer("wim")
    world.clock.forward(DAY)
    world.answer("wim")
    world.answer("kim")
    found = stand(world)
    assert (found.total.answers, found.total.due_micros) == (9, 12 * PRICE)
    assert (found.today.answers, found.today.earned_micros) == (3, 3 * PRICE)
    assert [(day, amounts.answers) for day, amounts in found.days] == [
        (START.date() + timedelta(days=1), 3),
        (START.date(), 6),
    ]
    assert [(row.project.slug, row.amounts.answers) for row in found.projects] == [("demo", 6), ("other", 3)]


def test_days_end_at_midnight_in_utc(world: World):
    world.clock.forward(DAY - 1)
    world.answer("wim")
    world.clock.forward(2)
    world.answer("wim")
    assert [amounts.answers for _, amounts in stand(world).days] == [3, 3]
    assert stand(world).streak == 2


def test_paid_due_and_hoped_for_are_told_apart(world: World):
    for _ in range(4):
        world.answer("wim")

    def change(session, _):
        first, second, third, fourth = session.query(Assignment).order_by(Assignment.id)
        first.payment = "paid"
        second.payment, second.review = "none", "pending"
        third.payment, third.review = "none", "rejected"
        assert fourth.payment == "due"

    world.do(change)
    total = stand(world).total
    each = 3 * PRICE
    assert (total.paid_micros, total.due_micros, total.in_review_micros) == (each, each, each)
    assert total.earned_micros == 2 * each


def test_skips_are_not_answers_and_answers_set_aside_still_are(world: World):
    world.answer("wim")

    def change(session, _):
        first, second, _third = session.query(Slot).order_by(Slot.id)
        first.state, second.state = "skipped", "void"

    world.do(change)
    assert (stand(world).total.answers, stand(world).total.skips) == (2, 1)


def test_a_quiz_is_no_work(world: World):
    world.answer("wim")
    world.do(lambda s, _: [setattr(each, "kind", "quiz") for each in s.query(Assignment)])
    assert stand(world).total == Amounts()
    assert board(world) == []


def test_today_in_one_project_and_in_all(world: World, database):
    world.answer("wim")
    world.clock.forward(DAY)
    world.answer("wim")
    other = worlds.make(database, slug="other", items=2)
    other.clock.forward(DAY)
    other.answer("wim")

    def read(session, project):
        worker, now = world.worker(session, "wim"), world.clock()
        there = statistics.today(session, worker, project=project, now=now)
        return there.answers, statistics.today(session, worker, now=now).answers

    assert world.do(read) == (3, 5)


@pytest.mark.parametrize(
    ("low", "evidence", "word"),
    [
        (0.99, 19, None),
        (0.99, 20, "very good"),
        (0.85, 20, "very good"),
        (0.84, 20, "good"),
        (0.69, 50, "building up"),
    ],
)
def test_quality_is_one_coarse_word_and_only_once_enough_is_known(world: World, low, evidence, word):
    world.answer("wim")
    rate(world, "wim", low=0.1, evidence=30)
    rate(world, "wim", low=low, evidence=evidence)
    assert stand(world).projects[0].band == word


def test_a_leaderboard_ranks_pseudonyms(world: World, database):
    for name, pages in (("wim", 1), ("kim", 3), ("zoe", 2)):
        for _ in range(pages):
            world.answer(name)
    places = board(world)
    assert [place.answers for place in places] == [9, 6, 3]
    assert [place.is_reader for place in places] == [False, False, True]
    with database.read() as session:
        names = {worker.pseudonym: worker.name for worker in session.query(Worker)}
    assert [names[place.pseudonym] for place in places] == ["kim", "zoe", "wim"]


def test_a_leaderboard_by_streak_and_by_quality(world: World):
    for _ in range(3):
        world.answer("wim")
    world.answer("kim")
    rate(world, "kim", low=0.9, evidence=40)
    world.clock.forward(DAY)
    world.answer("kim")
    assert [(place.streak, place.is_reader) for place in board(world, "streak")] == [(2, False), (1, True)]
    assert [place.band for place in board(world, "quality")] == ["very good", None]
    assert [place.answers for place in board(world, "answers")] == [9, 6]


def test_a_leaderboard_forgets_what_was_long_ago(world: World):
    world.answer("wim")
    world.clock.forward(31 * DAY)
    assert board(world) == []


def test_a_project_without_a_leaderboard_has_none(world: World):
    world.configure(leaderboard=False)
    with pytest.raises(NotFound):
        board(world)


def test_the_readers_own_line_is_shown_wherever_it_stands(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(statistics, "MOST_PLACES", 1)
    world.answer("kim")
    world.answer("kim")
    world.answer("zoe")
    world.answer("wim")
    assert [place.answers for place in board(world)] == [6, 3]
    assert board(world)[1].is_reader


def test_a_streak_goes_on_until_a_whole_day_is_missed():
    days = {date(2026, 1, n) for n in (1, 3, 4, 5)}
    assert [streak(days, date(2026, 1, n)) for n in (5, 6, 7, 2)] == [3, 3, 0, 1]
    assert streak(set(), date(2026, 1, 1)) == 0
