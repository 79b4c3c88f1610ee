"""One process holds the right to act; a later term ends every earlier one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from crowd.models import Tick
from crowd.services import lease

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def acquire(database):
    return lambda holder, seconds: database.transact(
        lambda session: lease.acquire(session, name="x", holder=holder, seconds=30, now=at(seconds))
    )


@pytest.fixture
def take(database):
    return lambda term, period, seconds: database.transact(
        lambda session: lease.take(session, term, job="sweep", period=period, now=at(seconds))
    )


def test_a_free_lease_is_taken_and_another_waits(acquire):
    assert acquire("a", 0).number == 1
    assert acquire("b", 1) is None


def test_the_holder_extends_its_own_term(acquire):
    first = acquire("a", 0)
    assert acquire("a", 29) == first
    assert acquire("b", 58) is None


def test_a_lease_that_ran_out_begins_a_new_term(acquire):
    acquire("a", 0)
    assert acquire("b", 30).number == 2
    assert acquire("a", 31) is None


def test_a_holder_that_came_back_too_late_begins_a_new_term_too(acquire):
    acquire("a", 0)
    assert acquire("a", 30).number == 2


def test_a_term_that_ended_cannot_act(acquire, take, database):
    old = acquire("a", 0)
    new = acquire("b", 30)
    assert not take(old, 1, 31)
    assert take(new, 1, 31)
    with database.read() as session:
        assert session.scalars(select(Tick.term)).all() == [2]


def test_a_lease_that_ran_out_cannot_act_even_if_nobody_took_it(acquire, take):
    assert not take(acquire("a", 0), 1, 30)


def test_a_clock_that_runs_ahead_takes_the_lease_and_so_ends_the_term_before(acquire, take):
    slow = acquire("a", 0)
    fast = acquire("b", 300)
    assert not take(slow, 1, 1)
    assert take(fast, 1, 301)


def test_a_period_is_taken_once_whoever_comes(acquire, take):
    assert take(acquire("a", 0), 7, 1)
    assert not take(acquire("a", 2), 7, 2)
    assert not take(acquire("b", 40), 7, 41)
    assert take(acquire("b", 42), 8, 43)


def test_who_resigns_lets_the_next_one_in_at_once(acquire, database):
    term = acquire("a", 0)
    database.transact(lambda session: lease.resign(session, term, now=at(1)))
    assert acquire("b", 1).number == 2


def test_who_resigns_late_takes_nothing_from_the_next_one(acquire, database):
    old = acquire("a", 0)
    acquire("b", 30)
    database.transact(lambda session: lease.resign(session, old, now=at(31)))
    assert acquire("c", 32) is None


def test_of_many_at_once_one_acts(database):
    def run(holder: int) -> bool:
        def work(session) -> bool:
            term = lease.acquire(session, name="x", holder=str(holder), seconds=30, now=START)
            return term is not None and lease.take(session, term, job="sweep", period=1, now=START)

        return database.transact(work)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(run, range(8))) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Tick)) == 1
