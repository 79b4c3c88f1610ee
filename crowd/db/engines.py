"""Engines: connections to SQLite and PostgreSQL, set as crowd needs them."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
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
POSTGRES_OPTIONS = (
    "-c statement_timeout=120000",
    "-c lock_timeout=20000",
    "-c idle_in_transaction_session_timeout=120000",
    "-c jit=off",
)
# A line's statements look up single rows by index. A plan is made once for each connection, often while
# the tables are still empty, and one that reads them whole, or hashes them, would be kept as they grow;
# so would the plans of the foreign keys' checks.
LINE_OPTIONS = (
    "-c plan_cache_mode=force_generic_plan",
    "-c enable_seqscan=off",
    "-c enable_bitmapscan=off",
    "-c enable_hashjoin=off",
    "-c enable_mergejoin=off",
    # What returns is read as text.
    "-c datestyle=ISO",
    "-c client_encoding=UTF8",
)
# Seconds of rest after which a connection may have been cut off unnoticed.
RESTED = 1.0


def make(url: str, *, pool_size: int, durable: bool) -> Engine:
    """Return the engine for an address."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        memory = parsed.database in (None, "", ":memory:")
        return _sqlite(url, memory=memory, pool_size=pool_size, durable=durable)
    return _postgresql(parsed, POSTGRES_OPTIONS, pool_size=pool_size, durable=durable)


def for_lines(url: str, *, pool_size: int, durable: bool) -> Engine | None:
    """Return the engine whose connections are lines; on SQLite lines are part of the group's connection."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return None
    options = (*POSTGRES_OPTIONS, *LINE_OPTIONS)
    # Every statement is its own transaction, so that there is never anything to roll back. The connection
    # used last is taken first: as few as possible have to make their plans, which then are at hand.
    alone = {"pool_reset_on_return": None, "isolation_level": "AUTOCOMMIT", "pool_use_lifo": True}
    return _postgresql(parsed, options, pool_size=pool_size, durable=durable, **alone)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Misconfigured(f"not a database address: {url!r} (try sqlite:///crowd.db)") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise Misconfigured(f"crowd runs on SQLite and PostgreSQL, not on {parsed.get_backend_name()!r}")
    return parsed


def _postgresql(
    url: URL,
    options: tuple[str, ...],
    *,
    pool_size: int,
    durable: bool,
    **more: Any,  # noqa: ANN401 - SQLAlchemy's own
) -> Engine:
    options = options if durable else (*options, "-c synchronous_commit=off")
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        connect_args={"options": " ".join(options)},
        **more,
    )
    _ping_the_idle(engine)
    return engine


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
        # From 64 KB on, what a savepoint keeps would go to a file: with every page of ten, and with smaller
        # ones when there is gold on them. What a reader sorts may be larger than memory.
        store = "DEFAULT" if readonly else "MEMORY"
        connection.connection.driver_connection.execute(f"PRAGMA temp_store={store}")  # type: ignore[union-attr]
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
