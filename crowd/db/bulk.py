"""Many rows at once, past what a session costs for each: whole columns in, whole columns out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Select, Table, select
from sqlalchemy import cast as as_type
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Integers = NDArray[np.int64]

# What PostgreSQL's binary COPY puts before the rows, and after them.
HEADER = 19
TRAILER = 2


def integers(session: Session, query: Select[*tuple[Any, ...]]) -> Integers:
    """Return the rows of a query as a (rows, columns) array; every column must hold a whole number.

    In what order they come is the database's choice.
    """
    read = _copied if _is_postgresql(session) else _concatenated
    return read(session, query, len(query.selected_columns))


def insert(session: Session, table: Table, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert rows in the form the driver takes: numbers, texts, bytes and None."""
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    with _cursor(session) as cursor:
        if not _is_postgresql(session):
            cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({places})", rows)  # noqa: S608
            return
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _copied(session: Session, query: Select[*tuple[Any, ...]], width: int) -> Integers:
    found = query.subquery()
    statement, values = _compiled(session, select(*(as_type(column, BigInteger) for column in found.c)))
    copying = f"COPY ({statement}) TO STDOUT (FORMAT BINARY)"
    with _cursor(session) as cursor, cursor.copy(copying, values) as copy:
        content = b"".join(copy)
    # Each row: how many fields there are, and before each of them its length.
    row = np.dtype([("fields", ">i2"), ("cells", [("size", ">i4"), ("value", ">i8")], (width,))])
    count = (len(content) - HEADER - TRAILER) // row.itemsize
    rows = np.frombuffer(content, dtype=row, count=count, offset=HEADER)
    return cast("Integers", rows["cells"]["value"].astype(np.int64))


def _concatenated(session: Session, query: Select[*tuple[Any, ...]], width: int) -> Integers:
    """Let SQLite write one long text, and read that: making a Python object of every number takes longer."""
    statement, values = _compiled(session, query)
    cells = " || ',' || ".join(f'"{column.key}"' for column in query.selected_columns)
    with _cursor(session) as cursor:
        cursor.execute(f"SELECT group_concat({cells}) FROM ({statement})", values)  # noqa: S608
        (text,) = cursor.fetchone()
    flat = np.fromstring(text, dtype=np.int64, sep=",") if text else np.empty(0, dtype=np.int64)
    return cast("Integers", flat.reshape(-1, width))


def _compiled(session: Session, query: Select[*tuple[Any, ...]]) -> tuple[str, Any]:
    compiled = query.compile(dialect=session.get_bind().dialect, compile_kwargs={"render_postcompile": True})
    values = compiled.construct_params()
    names = compiled.positiontup if compiled.positional else None
    return str(compiled), values if names is None else tuple(values[name] for name in names)


@contextmanager
def _cursor(session: Session) -> Iterator[Any]:
    """Open a cursor of the driver's; what it raises becomes what SQLAlchemy raises."""
    session.flush()  # what is not written yet would not be seen
    connection = session.connection()
    driver = connection.dialect.loaded_dbapi
    try:
        yield connection.connection.cursor()
    except driver.Error as error:
        raise DBAPIError.instance(None, None, error, driver.Error, dialect=connection.dialect) from error


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
