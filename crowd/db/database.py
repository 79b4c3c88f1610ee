"""A database: sessions for reading and writing, transactions that are repeated, and the express way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from threading import RLock
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from crowd.db import engines
from crowd.db.group import Group, Lost
from crowd.db.line import Line

# Not to be serialized, a deadlock, and a row that another transaction has added since this one looked for it:
# the next time it is found.
RETRIED_STATES = frozenset({"40001", "40P01", "23505"})
ATTEMPTS = 5

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Database:
    """An engine with its two session factories; reads never wait for the write lock."""

    engine: Engine
    _write: sessionmaker[Session]
    _read: sessionmaker[Session]
    _turns: AbstractContextManager[object]
    _group: Group | None = None
    _lines: Engine | None = None

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
            except Lost as error:
                if attempt == ATTEMPTS:
                    raise (error.__cause__ or error) from None
            except DBAPIError as error:
                if attempt == ATTEMPTS or not _is_transient(error):
                    raise
        raise AssertionError("unreachable")

    def express(self, work: Callable[[Line], Result | None]) -> Result | None:
        """Run `work`, whose last statement alone may write, on a line.

        Returns None where it does, having written nothing, and where the database would not have it: then
        the same is to be done by `transact`, which finds what was committed should the connection have
        been lost just then.
        """
        driver = self.engine.dialect.loaded_dbapi
        try:
            return self._on_line(work)
        except driver.ProgrammingError:
            raise  # a fault of ours, not of this call
        except (driver.Error, DBAPIError, Lost, OverflowError, UnicodeEncodeError):
            return None

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._lines is not None:
            self._lines.dispose()

    def _once(self, work: Callable[[Session], Result]) -> Result:
        if self._group is not None:
            return self._group.run(work)
        with self._write() as session:
            try:
                result = work(session)
                session.flush()
            except DBAPIError as error:
                # The connection was cut, by a restart say, before a commit was asked for. Once it was,
                # nobody knows: then the error goes to the caller.
                if error.connection_invalidated:
                    raise Lost from error
                raise
            session.commit()
            return result

    def _on_line(self, work: Callable[[Line], Result | None]) -> Result | None:
        if self._group is not None:
            return self._group.run_on_line(work)
        assert self._lines is not None
        connection = self._lines.raw_connection()
        line = connection.info.get("line")
        if line is None:
            line = connection.info["line"] = Line(self.engine, connection)
        try:
            return work(line)
        except self.engine.dialect.loaded_dbapi.OperationalError:
            if line.is_closed:  # as the others will be, which rest in the pools
                connection.invalidate()
                self.dispose()
            raise
        finally:
            connection.close()


def connect(url: str, *, pool_size: int = 24, durable: bool = True) -> Database:
    """Open a database by its SQLAlchemy URL, without touching its schema.

    Without `durable` a power cut may lose the last transactions (never the database's consistency on
    PostgreSQL; on SQLite the file itself): for rehearsals that can simply be run again.
    """
    engine = engines.make(url, pool_size=pool_size, durable=durable)
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
        _lines=engines.for_lines(url, pool_size=pool_size, durable=durable),
    )


def _snapshot(engine: Engine) -> dict[str, str]:
    # By itself PostgreSQL would show every statement another state; on SQLite a transaction sees one.
    return {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}


def _is_transient(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in RETRIED_STATES:
        return True
    return isinstance(error, OperationalError) and "database is locked" in str(error.orig)
