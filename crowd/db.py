"""Engine and sessions: the one place that knows how SQLite and PostgreSQL differ in transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from threading import RLock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
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

# Keeps an IN list below every database's limit of parameters.
CHUNK = 500

Result = TypeVar("Result")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Database:
    """An engine with its two session factories; reads never wait for the write lock."""

    engine: Engine
    _write: sessionmaker[Session]
    _read: sessionmaker[Session]
    _turns: AbstractContextManager[object]

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
                with self.write() as session:
                    return work(session)
            except DBAPIError as error:
                if attempt == ATTEMPTS or not _is_transient(error):
                    raise
        raise AssertionError("unreachable")

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def connect(url: str, *, pool_size: int = 24, durable: bool = True) -> Database:
    """Open a database by its SQLAlchemy URL, without touching its schema.

    Without `durable` a power cut may lose the last transactions (never the database's consistency on
    PostgreSQL; on SQLite the file itself): for rehearsals that can simply be run again.
    """
    engine = _make_engine(url, pool_size=pool_size, durable=durable)
    reading = engine.execution_options(crowd_readonly=True, **_snapshot(engine))
    return Database(
        engine=engine,
        _write=sessionmaker(engine, expire_on_commit=False),
        _read=sessionmaker(reading, expire_on_commit=False, autoflush=False),
        # SQLite waits by polling, and some writers lose for seconds; a lock passes the turn on at once.
        _turns=RLock() if engine.dialect.name == "sqlite" else nullcontext(),
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
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"options": POSTGRES_OPTIONS + ("" if durable else " -c synchronous_commit=off")},
        )
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


def _is_transient(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in RETRIED_STATES:
        return True
    return isinstance(error, OperationalError) and "database is locked" in str(error.orig)
