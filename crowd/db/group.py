"""SQLite's group commit: whoever waits while one writes is written next, all under one commit."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, sessionmaker

from crowd.db.line import Line

# Seconds after which a group of writers commits, however many still wait.
LONGEST_GROUP = 0.02

Result = TypeVar("Result")


class Lost(Exception):
    """A transaction is gone, with the work of all who shared it; nothing of it was committed."""


@dataclass(slots=True)
class _Call:
    """One piece of work that waits for its commit, in the context of the thread that waits."""

    work: Callable[[Any], Any]
    on_line: bool  # it takes a line, not a session
    context: Context = field(default_factory=copy_context)
    woken: Event = field(default_factory=Event)
    leads: bool = False
    result: Any = None
    error: BaseException | None = None

    def run(self, session: Session) -> None:
        """Do the work; what it raises is its own affair and nobody else's."""
        try:
            with session.begin():
                self.result = self.context.run(self.work, session)
        except BaseException as error:
            self.error = error

    def run_on(self, line: Line) -> None:
        """Do work that takes a line."""
        line.run("SAVEPOINT express")
        try:
            self.result = self.work(line)
        except BaseException as error:
            self.error = error
            if line.in_transaction:  # else everything is gone, and the group will notice
                line.run("ROLLBACK TO express")
        else:
            line.run("RELEASE express")

    def outcome(self) -> Any:  # noqa: ANN401 - what the work returns
        """Return what the work returned, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self.result


class Group:
    """SQLite's one writer.

    There is no thread of its own: the first who comes leads, and hands the lead on to the first who waits.
    Each call has a savepoint, and nobody hears of success before the commit.
    """

    def __init__(
        self, engine: Engine, write: sessionmaker[Session], turns: AbstractContextManager[object]
    ) -> None:
        self._engine = engine
        self._write = write
        self._turns = turns
        self._guard = Lock()
        self._waiting: deque[_Call] = deque()
        self._is_led = False

    def run(self, work: Callable[[Session], Result]) -> Result:
        """Run `work` within the next commit."""
        return cast("Result", self._run(_Call(work, on_line=False)))

    def run_on_line(self, work: Callable[[Line], Result]) -> Result:
        """Run `work` within the next commit, on the driver's own connection."""
        return cast("Result", self._run(_Call(work, on_line=True)))

    def _run(self, call: _Call) -> Any:  # noqa: ANN401 - what the work returns
        with self._guard:
            self._waiting.append(call)
            call.leads, self._is_led = not self._is_led, True
        if not call.leads:
            call.woken.wait()
        if call.leads:
            self._lead()
        return call.outcome()

    def _lead(self) -> None:
        group: list[_Call] = []
        try:
            with self._turns:
                self._commit(group)
        finally:
            with self._guard:
                following = self._waiting[0] if self._waiting else None
                self._is_led = following is not None
                if following is not None:
                    following.leads = True
            for call in (*group, *([following] if following else [])):
                call.woken.set()

    def _commit(self, group: list[_Call]) -> None:
        """Write as many as wait, for a moment; the first of them is the one who leads."""
        until = time.monotonic() + LONGEST_GROUP
        try:
            with self._engine.begin() as connection:
                line = Line(self._engine, connection.connection)
                while (call := self._next(until, is_first=not group)) is not None:
                    group.append(call)
                    self._do(call, connection, line)
                    _require_transaction(connection)
        except BaseException as error:
            first = None if group else self._next(until, is_first=True)
            for call in [first] if first else group:
                call.error = call.error or error

    def _do(self, call: _Call, connection: Connection, line: Line) -> None:
        if call.on_line:
            call.run_on(line)
            return
        with self._write(bind=connection, join_transaction_mode="create_savepoint") as session:
            call.run(session)

    def _next(self, until: float, *, is_first: bool) -> _Call | None:
        with self._guard:
            if self._waiting and (is_first or time.monotonic() < until):
                return self._waiting.popleft()
            return None


def _require_transaction(connection: Connection) -> None:
    if not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        raise Lost
