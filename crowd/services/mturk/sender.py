"""The outbox is sent: by one sender for each endpoint, one attempt for each row, every outcome recorded."""

from __future__ import annotations

import os
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random

from sqlalchemy import ColumnElement, func, literal, select, text, update
from sqlalchemy.orm import Session

from crowd.channels.mturk.calls import Caller
from crowd.clock import Clock
from crowd.db import Database
from crowd.models import OutboxEntry
from crowd.services import lease
from crowd.services.lease import Term
from crowd.services.mturk import outbox, outcome
from crowd.services.mturk.effects import EFFECTS
from crowd.services.mturk.outcome import Attempt, Outcome, State

# Longer than the longest call with all its waiting. Whoever comes later repeats calls with their tokens.
LEASE_SECONDS = 120
THREADS = 16
# Calls on their way or next in line, by thread: more would only wait while the lease runs. They are marked
# by halves, for every time is a commit.
AHEAD = 4
MOMENT = 0.05  # seconds: calls that end in it are recorded together, for that is a commit too
# Operations whose results others need, in the order in which they do.
FIRST = ("CreateQualificationType", "CreateHITType")
# As the partial index has it.
OPEN = text("state IN ('planned', 'sent', 'ambiguous')")


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the rows that were tried; `is_busy`: another process sends to this endpoint."""

    done: int = 0
    later: int = 0
    ambiguous: int = 0
    waiting: int = 0
    failed: int = 0
    is_busy: bool = False

    def __add__(self, other: Sent) -> Sent:
        """Add what a further round came to."""
        return Sent(
            self.done + other.done,
            self.later + other.later,
            self.ambiguous + other.ambiguous,
            self.waiting + other.waiting,
            self.failed + other.failed,
            is_busy=other.is_busy,
        )

    @property
    def tried(self) -> int:
        """Count the attempts."""
        return self.done + self.later + self.ambiguous + self.waiting + self.failed


def send(
    database: Database,
    caller: Caller,
    *,
    endpoint: str,
    clock: Clock,
    limit: int | None = None,
    watch: Callable[[int], None] = lambda _: None,
    threads: int = THREADS,
) -> Sent:
    """Try everything that is due at an endpoint once; what fails for now is put off.

    Nothing is sent while another process does. `watch` is told how many rows were tried so far.
    """
    with held(database, endpoint, clock) as term:
        if term is None:
            return Sent(is_busy=True)
        database.transact(lambda session: _recover(session, endpoint))
        run = _Run(database, caller, endpoint, clock, term, threads)
        counts: Counter[State] = Counter()
        phases = [*(OutboxEntry.operation == name for name in FIRST), OutboxEntry.operation.not_in(FIRST)]
        for phase in phases:
            for state in run.states(phase, limit):
                counts[state] += 1
                watch(counts.total())
        return Sent(counts["done"], counts["later"], counts["ambiguous"], counts["waiting"], counts["failed"])


def drain(
    database: Database,
    caller: Caller,
    *,
    endpoint: str,
    clock: Clock,
    patience: timedelta,
    watch: Callable[[int], None] = lambda _: None,
) -> Sent:
    """Send until nothing is left that is due within `patience`; wait for what was put off."""
    total = Sent()
    while True:
        tell = partial(_tell, watch, total.tried)
        sent = send(database, caller, endpoint=endpoint, clock=clock, watch=tell)
        total, now = total + sent, clock()
        with database.read() as session:
            following = next_due(session, endpoint, after=None if sent.tried else now)
        if sent.is_busy or following is None or following - now > patience:
            return total
        caller.pace.sleep(max(0.0, (following - now).total_seconds()))


def _tell(watch: Callable[[int], None], before: int, count: int) -> None:
    watch(before + count)


@contextmanager
def held(database: Database, endpoint: str, clock: Clock) -> Iterator[Term | None]:
    """Hold the right to spend at an endpoint; None where another process holds it."""
    name, holder = f"send:{endpoint}", f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def acquire(session: Session) -> Term | None:
        return lease.acquire(session, name=name, holder=holder, seconds=LEASE_SECONDS, now=clock())

    term = database.transact(acquire)
    try:
        yield term
    finally:
        if term is not None:
            database.transact(lambda session: lease.resign(session, term, now=clock()))


def next_due(session: Session, endpoint: str, *, after: datetime | None = None) -> datetime | None:
    """Return when the next row may be tried; `after`: leave out those that have been due before."""
    query = select(func.min(OutboxEntry.next_at)).where(OPEN, OutboxEntry.endpoint == endpoint)
    if after is not None:
        query = query.where(OutboxEntry.next_at > after)
    return session.scalar(query)


def _recover(session: Session, endpoint: str) -> None:
    """Doubt the calls of a sender that is gone: nobody recorded what they came to."""
    lost = update(OutboxEntry).where(OPEN, OutboxEntry.endpoint == endpoint, OutboxEntry.state == "sent")
    session.execute(lost.values(state="ambiguous"), execution_options={"synchronize_session": False})


@dataclass(frozen=True, slots=True)
class _Run:
    """The work of one sender within its term."""

    database: Database
    caller: Caller
    endpoint: str
    clock: Clock
    term: Term
    threads: int
    rng: Random = field(default_factory=Random)

    def states(self, phase: ColumnElement[bool], limit: int | None) -> Iterator[State]:
        """Keep so many calls on their way; yield what each came to."""
        started, after, left = self.clock(), 0, limit
        most = AHEAD * self.threads
        flying: dict[Future[Outcome], Attempt] = {}
        is_over = False
        with ThreadPoolExecutor(self.threads, thread_name_prefix="sender") as pool:
            try:
                while not is_over or flying:
                    if not is_over and 2 * len(flying) <= most:
                        room = most - len(flying)
                        seen, attempts = self._take(
                            phase, started, after, room if left is None else min(room, left)
                        )
                        after, is_over = max(after, seen), seen == 0
                        left = None if left is None else left - len(attempts)
                        flying |= {pool.submit(outcome.attempt, self.caller, each): each for each in attempts}
                    yield from self._record(_landed(flying))
            finally:
                # Whatever stops us, what a call came to is not forgotten.
                wait(flying)
                self._record(flying)

    def _take(
        self, phase: ColumnElement[bool], started: datetime, after: int, room: int
    ) -> tuple[int, list[Attempt]]:
        """Mark the next rows as sent; return the last one looked at, 0 for none, and what to try."""
        if room == 0:
            return 0, []

        def mark(session: Session) -> tuple[int, list[Attempt]]:
            now = self.clock()
            if not self._renew(session, now):
                return 0, []
            query = select(OutboxEntry).where(OPEN, OutboxEntry.endpoint == self.endpoint, phase)
            query = query.where(OutboxEntry.state != "sent", OutboxEntry.next_at <= started)
            query = query.where(OutboxEntry.id > after).order_by(OutboxEntry.id).limit(room)
            entries = session.scalars(query.with_for_update()).all()
            return (entries[-1].id if entries else 0), _marked(session, entries, now)

        return self.database.transact(mark)

    def _renew(self, session: Session, now: datetime) -> bool:
        term = self.term
        renewed = lease.acquire(session, name=term.name, holder=term.holder, seconds=LEASE_SECONDS, now=now)
        return renewed == term

    def _record(self, finished: Mapping[Future[Outcome], Attempt]) -> list[State]:
        made = [(tried, future.result()) for future, tried in finished.items() if future.exception() is None]
        states = self._recorded(made) if made else []
        for future in finished:
            future.result()  # a fault of ours must not pass unseen
        return states

    def _recorded(self, made: Sequence[tuple[Attempt, Outcome]]) -> list[State]:
        """Record outcomes in one transaction; where one of them cannot be, the others are."""

        def record(session: Session) -> list[State]:
            return outcome.record(session, made, rng=self.rng, now=self.clock())

        try:
            return self.database.transact(record)
        except Exception:
            if len(made) == 1:
                raise
        middle = len(made) // 2
        try:
            first = self._recorded(made[:middle])
        finally:
            rest = self._recorded(made[middle:])
        return first + rest


def _landed(flying: dict[Future[Outcome], Attempt]) -> dict[Future[Outcome], Attempt]:
    """Take out the calls that are over, once there are some: those of a moment share a transaction."""
    wait(flying, return_when=FIRST_COMPLETED)
    finished, _ = wait(flying, timeout=MOMENT)
    return {future: flying.pop(future) for future in finished}


def _marked(session: Session, entries: Sequence[OutboxEntry], now: datetime) -> list[Attempt]:
    """Mark rows as sent, but for those too old to be repeated unseen, and those that wait for a result."""
    fit = [entry for entry in entries if not outbox.is_too_old(entry, now)]
    held = [EFFECTS[operation].ahead(session, some) for operation, some in outcome.by_operation(fit).items()]
    ready = [(entry, EFFECTS[entry.operation].prepare(session, entry)) for entry in fit]
    del held
    attempts = [Attempt(entry, parameters) for entry, parameters in ready if parameters is not None]
    if attempts:
        _mark_sent(session, [each.entry.id for each in attempts], now)
    return attempts


def _mark_sent(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Mark rows by one statement; what was read of them stays as it was before the call."""
    first = func.coalesce(OutboxEntry.first_sent_at, literal(now, OutboxEntry.first_sent_at.type))
    values = {"state": "sent", "attempts": OutboxEntry.attempts + 1, "first_sent_at": first}
    sent = update(OutboxEntry).where(OutboxEntry.id.in_(ids)).values(values)
    session.execute(sent, execution_options={"synchronize_session": False})
