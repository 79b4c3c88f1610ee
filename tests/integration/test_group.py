"""On SQLite calls that wait together are written under one commit, and each still stands alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.models import Requester
from tests.integration.world import START

pytestmark = pytest.mark.parametrize("migrated_url", ["sqlite"], indirect=True)
WHO: ContextVar[str] = ContextVar("who", default="nobody")


def add(name: str) -> Callable[[Session], str]:
    def work(session: Session) -> str:
        session.add(Requester(name=name, created_at=START))
        session.flush()
        return name

    return work


def names(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(select(Requester.name)))


class Crowd:
    """Threads that call while one holds the pen, so that all of them are written next, together."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.outcomes: dict[str, Any] = {}
        self.threads: list[threading.Thread] = []

    def call(self, name: str, work: Callable[[Session], Any]) -> None:
        def run() -> None:
            WHO.set(name)
            try:
                self.outcomes[name] = self.database.transact(work)
            except Exception as error:
                self.outcomes[name] = error

        self.threads.append(threading.Thread(target=run))

    def together(self) -> int:
        """Let all call at once; return how many commits that took."""
        commits: list[int] = []
        with self.database.write():
            for thread in self.threads:
                thread.start()
            while len(self.database._group._waiting) < len(self.threads):
                pass
            event.listen(self.database.engine, "commit", lambda _: commits.append(1))
        for thread in self.threads:
            thread.join()
        return len(commits) - 1  # but for our own


@pytest.fixture
def crowd(database: Database) -> Crowd:
    return Crowd(database)


def test_those_who_wait_together_share_a_commit(crowd: Crowd) -> None:
    for number in range(8):
        crowd.call(f"r{number}", add(f"r{number}"))
    assert crowd.together() <= 2
    assert crowd.outcomes == {f"r{n}": f"r{n}" for n in range(8)}
    assert names(crowd.database) == set(crowd.outcomes)


def test_an_error_of_one_touches_no_neighbour(crowd: Crowd) -> None:
    def fail(session: Session) -> None:
        add("half done")(session)
        raise LookupError("mine alone")

    for number in range(3):
        crowd.call(f"r{number}", add(f"r{number}"))
    crowd.call("bad", fail)
    crowd.call("twice", add("r0"))
    crowd.together()
    assert isinstance(crowd.outcomes.pop("bad"), LookupError)
    same = [crowd.outcomes["r0"], crowd.outcomes["twice"]]
    assert sorted(type(outcome) is str for outcome in same) == [False, True]
    assert names(crowd.database) == {"r0", "r1", "r2"}


def test_an_error_that_takes_the_transaction_with_it_lets_the_neighbours_repeat(crowd: Crowd) -> None:
    def ruin(session: Session) -> None:
        session.execute(text("ROLLBACK"))
        raise LookupError("everything is gone")

    crowd.call("r0", add("r0"))
    crowd.call("ruin", ruin)
    crowd.call("r1", add("r1"))
    crowd.together()
    assert isinstance(crowd.outcomes["ruin"], Exception)
    assert names(crowd.database) == {"r0", "r1"}


def test_work_runs_in_the_context_of_whoever_called(crowd: Crowd) -> None:
    for name in ("ann", "bob", "eve"):
        crowd.call(name, lambda _: WHO.get())
    crowd.together()
    assert crowd.outcomes == {name: name for name in ("ann", "bob", "eve")}


def test_many_threads_lose_nothing(database: Database) -> None:
    def work(number: int) -> None:
        for turn in range(10):
            database.transact(add(f"{number}:{turn}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Requester)) == 120
