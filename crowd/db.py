"""Engine and sessions: the one place that knows how SQLite and PostgreSQL differ in transactions."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from threading import Event, Lock, RLock
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from crowd.errors import Misconfigured

# FULL, not NORMAL: NORMAL may lose acknowledged answers on a power cut. recursive_triggers, because
# INSERT OR REPLACE would otherwise slip past the append-only triggers.
SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "busy_timeout=10000",
)
POSTGRES_OPTIONS = " ".join(
    (
        "-c statement_timeout=120000",
        "-c lock_timeout=20000",
        "-c idle_in_transaction_session_timeout=120000",
        "-c jit=off",
    )
)
RETRIED_STATES = frozenset({"40001", "40P01"})
ATTEMPTS = 5

# Seconds of rest after which a connection may have been cut off unnoticed.
RESTED = 1.0
# Seconds after which a group of writers commits, however many still wait.
LONGEST_GROUP = 0.02

# Keeps an IN list below every database's limit of parameters.
CHUNK = 500

Result = TypeVar("Result")
Value = TypeVar("Value")


class _Lost(Exception):
    """An error of one call took the whole transaction with it, and the work of its neighbours."""


@dataclass(slots=True)
class _Call:
    """One piece of work that waits for its commit, in the context of the thread that waits."""

    work: Callable[[Session], Any]
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

    def outcome(self) -> Any:  # noqa: ANN401 - what the work returns
        """Return what the work returned, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self.result


def _require_transaction(connection: Connection) -> None:
    if not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        raise _Lost


class Group:
    """SQLite's one writer: whoever waits while it writes is written next, all under one commit.

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
        call = _Call(work)
        with self._guard:
            self._waiting.append(call)
            call.leads, self._is_led = not self._is_led, True
        if not call.leads:
            call.woken.wait()
        if call.leads:
            self._lead()
        return cast("Result", call.outcome())

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
                while (call := self._next(until, is_first=not group)) is not None:
                    group.append(call)
                    with self._write(bind=connection, join_transaction_mode="create_savepoint") as session:
                        call.run(session)
                    _require_transaction(connection)
        except BaseException as error:
            first = None if group else self._next(until, is_first=True)
            for call in [first] if first else group:
                call.error = call.error or error

    def _next(self, until: float, *, is_first: bool) -> _Call | None:
        with self._guard:
            if self._waiting and (is_first or time.monotonic() < until):
                return self._waiting.popleft()
            return None


@dataclass(frozen=True, slots=True)
class Database:
    """An engine with its two session factories; reads never wait for the write lock."""

    engine: Engine
    _write: sessionmaker[Session]
    _read: sessionmaker[Session]
    _turns: AbstractContextManager[object]
    _group: Group | None = None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open one transaction that commits at the end of the block, or leaves no trace."""
        with self._turns, self._write.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open one snapshot for reading."""
        with self._read() as session:
            yield session

    def transact(self, work: Callable[[Session], Result]) -> Result:
        """Run `work` in one write transaction; repeat it when the database asks for that.

        `work` must touch nothing but the database: it may run more than once.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(work)
            except (DBAPIError, _Lost) as error:
                if attempt == ATTEMPTS or not _is_transient(error):
                    raise
        raise AssertionError("unreachable")

    def _once(self, work: Callable[[Session], Result]) -> Result:
        if self._group is not None:
            return self._group.run(work)
        with self.write() as session:
            return work(session)

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def connect(url: str, *, pool_size: int = 24, durable: bool = True) -> Database:
    """Open a database by its SQLAlchemy URL, without touching its schema.

    Without `durable` a power cut may lose the last transactions (never the database's consistency on
    PostgreSQL; on SQLite the file itself): for rehearsals that can simply be run again.
    """
    engine = _make_engine(url, pool_size=pool_size, durable=durable)
    write = sessionmaker(engine, expire_on_commit=False)
    is_sqlite = engine.dialect.name == "sqlite"
    # SQLite waits by polling, and some writers lose for seconds; a lock passes the turn on at once.
    turns: AbstractContextManager[object] = RLock() if is_sqlite else nullcontext()
    reading = engine.execution_options(crowd_readonly=True, **_snapshot(engine))
    return Database(
        engine=engine,
        _write=write,
        _read=sessionmaker(reading, expire_on_commit=False, autoflush=False),
        _turns=turns,
        _group=Group(engine, write, turns) if is_sqlite else None,
    )


def _snapshot(engine: Engine) -> dict[str, str]:
    # By itself PostgreSQL would show every statement another state; on SQLite a transaction sees one.
    return {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}


def chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Cut a list into pieces that fit one statement."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _make_engine(url: str, *, pool_size: int, durable: bool) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Misconfigured(f"not a database address: {url!r} (try sqlite:///crowd.db)") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        memory = parsed.database in (None, "", ":memory:")
        return _sqlite(url, memory=memory, pool_size=pool_size, durable=durable)
    if backend == "postgresql":
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            connect_args={"options": POSTGRES_OPTIONS + ("" if durable else " -c synchronous_commit=off")},
        )
        _ping_the_idle(engine)
        return engine
    raise Misconfigured(f"crowd runs on SQLite and PostgreSQL, not on {backend!r}")


def _sqlite(url: str, *, memory: bool, pool_size: int, durable: bool) -> Engine:
    # By itself the pool holds fifteen connections, fewer than a server has threads.
    pool: dict[str, Any] = (
        {"poolclass": StaticPool} if memory else {"pool_size": pool_size, "max_overflow": 0}
    )
    engine = create_engine(url, connect_args={"check_same_thread": False}, **pool)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - any DB-API connection
        connection.isolation_level = None  # pysqlite must not guess where a transaction begins
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if not durable:
            connection.execute("PRAGMA synchronous=OFF")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        readonly = connection.get_execution_options().get("crowd_readonly")
        # A deferred transaction that later writes fails with SQLITE_BUSY at once, whatever the timeout.
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    return engine


def _ping_the_idle(engine: Engine) -> None:
    """Try connections before use that have rested for a while: to try all of them would cost a round trip."""

    @event.listens_for(engine, "checkin")
    def rest(_connection: object, record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        record.info["since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wake(connection: Any, record: Any, _proxy: object) -> None:  # noqa: ANN401 - any DB-API connection
        if time.monotonic() - record.info.get("since", time.monotonic()) < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError(str(error)) from error


def _is_transient(error: DBAPIError | _Lost) -> bool:
    if isinstance(error, _Lost):
        return True
    if getattr(error.orig, "sqlstate", None) in RETRIED_STATES:
        return True
    return isinstance(error, OperationalError) and "database is locked" in str(error.orig)
