"""Another process that acts in the middle of ours, at a statement we choose."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from sqlalchemy import event, text

from crowd.db import Database

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)

# A claim has locked its items and now stores the page, on SQLite and on PostgreSQL.
STORING = ("UPDATE slot SET state = 'done'", "WITH accepted AS")  # a submission is about to be accepted
HOLDING = ("UPDATE item SET open = open - 1", "WITH taken AS")


@dataclass
class Other:
    """What came of the other process's act."""

    acts: Callable[[], Any]
    result: Any = None
    error: BaseException | None = None
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)

    def done(self) -> Any:
        """Return what the act returned, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self.result

    def _run(self) -> None:
        try:
            self.result = self.acts()
        except BaseException as error:
            self.error = error


class Meanwhile(Protocol):
    """A context in which another process acts just before our `time`-th statement that begins so."""

    def __call__(
        self, before: str | tuple[str, ...], act: Callable[[], Any], *, time: int = 1
    ) -> AbstractContextManager[Other]: ...


def interrupter(database: Database) -> Meanwhile:
    """Let another process act in the middle of ours.

    We go on when the other is done, or waits for us: then it goes on after our commit. SQLite has one
    writer at a time, so that there the other always comes after us.
    """

    @contextmanager
    def context(before: str | tuple[str, ...], act: Callable[[], Any], *, time: int = 1) -> Iterator[Other]:
        other, ours, seen = Other(act), threading.get_ident(), count(1)

        def interrupt(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if threading.get_ident() == ours and statement.startswith(before) and next(seen) == time:
                other.thread.start()
                while other.thread.is_alive() and not _waits(database):
                    other.thread.join(0.005)

        event.listen(database.engine, "before_cursor_execute", interrupt)
        try:
            yield other
        finally:
            event.remove(database.engine, "before_cursor_execute", interrupt)
            if other.thread.ident:
                other.thread.join(30)
        assert other.thread.ident, f"statement {time} that begins with {before!r} never came"
        assert not other.thread.is_alive(), "the other process still waits"

    return context


def _waits(database: Database) -> bool:
    if database.engine.dialect.name == "sqlite":
        return True
    with database.read() as session:
        return bool(session.scalar(WAITING))
