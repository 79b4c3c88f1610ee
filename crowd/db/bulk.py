"""Many rows at once, past what a session costs for each: whole columns in, whole columns out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Text,
    column,
    func,
    select,
    values,
)
from sqlalchemy import cast as as_type
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Integers = NDArray[np.int64]
Query = Select[*tuple[Any, ...]]
Coding = Mapping[str, Sequence[str]]

# Added to what SQLite writes, so that all ids have equally many digits, and columns of digits can be summed.
SHIFT = 5 * 10**9
DIGITS = 10
# Rows that SQLite inserts with one statement, and that PostgreSQL is sent at once.
AT_ONCE = 100
LINES = 10_000
# What text given to COPY may not hold as it is.
ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
SPECIAL = re.compile(r"[\\\t\n\r]")


def integers(session: Session, query: Query, coded: Coding | None = None) -> Integers:
    """Return the rows of a query as a (rows, columns) array; every column must hold a whole number.

    Only a column named in `coded` holds texts, and gives the place of each among those listed, or -1. In
    what order the rows come is the database's choice.
    """
    read = _sent if _is_postgresql(session) else _concatenated
    return read(session, query, coded or {})


def insert(
    session: Session, table: FromClause, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Insert rows in the form the driver takes: numbers, texts, bytes and None; `written` gives others it."""
    names, place = ", ".join(columns), f"({', '.join('?' * len(columns))})"
    with _cursor(session) as cursor:
        remaining = iter(rows)
        if _is_postgresql(session):
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                while some := list(islice(remaining, LINES)):
                    copy.write("".join(_lines(some)))
            return
        # A statement for each row, as `executemany` makes them, takes two and a half times as long.
        while some := list(islice(remaining, AT_ONCE)):
            places = ", ".join([place] * len(some))
            statement = f"INSERT INTO {table} ({names}) VALUES {places}"  # noqa: S608
            cursor.execute(statement, list(chain.from_iterable(some)))


def written(session: Session, column: ColumnElement[Any], value: object) -> object:
    """Return a value of a column in the form the driver takes."""
    dialect = session.get_bind().dialect
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    return value if process is None else process(value)


def _lines(rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Yield rows as PostgreSQL's COPY reads them, written by columns: few need a look at each cell."""
    written: list[Iterator[str]] = []
    for cells in zip(*rows, strict=True):
        kinds = set(map(type, cells))
        is_plain = kinds <= {int, float} or (kinds == {str} and not SPECIAL.search("".join(cells)))
        written.append(map(str if is_plain else _cell, cells))
    return (f"{line}\n" for line in map("\t".join, zip(*written, strict=True)))


def _cell(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return f"\\\\x{value.hex()}"
    return SPECIAL.sub(lambda found: ESCAPED[found[0]], str(value))


def _sent(session: Session, query: Query, coded: Coding) -> Integers:
    """Let PostgreSQL write the bytes of each column one after the other: as rows they come one by one."""
    cells = _all_integers(query, coded).subquery().c
    columns = (func.string_agg(func.int8send(cell), b"") for cell in cells)
    statement, values = _compiled(session, select(*columns))
    with _cursor(session) as cursor:
        found = cursor.execute(statement, values, binary=True).fetchone()
    rows = [np.frombuffer(content or b"", dtype=">i8") for content in found]
    return np.stack(rows, axis=1).astype(np.int64)


def _all_integers(query: Query, coded: Coding) -> Query:
    """Have the database look up the places of texts."""
    found = query.subquery()
    places = {name: _places(texts, f"place_of_{name}") for name, texts in coded.items()}
    cells = {name: func.coalesce(place.c.place, -1) for name, place in places.items()}
    outer = select(*(as_type(cells.get(cell.key, cell), BigInteger) for cell in found.c)).select_from(found)
    for name, place in places.items():
        outer = outer.outerjoin(place, place.c.text == found.c[name])
    return outer


def _places(texts: Sequence[str], name: str) -> Subquery:
    listed = values(column("text", Text), column("place", BigInteger), name=name)
    return select(listed.data([(text, place) for place, text in enumerate(texts)])).subquery()


def _concatenated(session: Session, query: Query, coded: Coding) -> Integers:
    """Let SQLite write one long text of each column: a fetched row costs more, as Python objects do."""
    names = [str(cell.key) for cell in query.selected_columns]
    written = (
        f'json_group_array("{name}")' if name in coded else f'group_concat({SHIFT} + "{name}")'
        for name in names
    )
    statement, values = _compiled(session, query)
    with _cursor(session) as cursor:
        cursor.execute(f"SELECT count(*), {', '.join(written)} FROM ({statement})", values)  # noqa: S608
        count, *texts = cursor.fetchone()
    rows = np.empty((count, len(names)), dtype=np.int64, order="F")
    for at, (name, text) in enumerate(zip(names, texts, strict=True) if count else ()):
        rows[:, at] = _coded(text, coded[name]) if name in coded else parsed(text, count) - SHIFT
    return rows


def _coded(text: str, listed: Sequence[str]) -> Integers:
    place = {name: at for at, name in enumerate(listed)}
    return np.fromiter(map(place.get, json.loads(text), repeat(-1)), dtype=np.int64)


def parsed(text: str, count: int) -> Integers:
    """Return numbers between commas; where all have `DIGITS`, digit by digit of all at once."""
    cells = np.frombuffer(f"{text},".encode("ascii"), dtype=np.uint8)
    if cells.size == count * (DIGITS + 1):
        digits = cells.reshape(count, DIGITS + 1)
        # With as many commas as numbers, these lengths are those of the numbers.
        if (digits[:, DIGITS] == ord(",")).all() and digits[:, 0].min() >= ord("0"):
            total = np.zeros(count, dtype=np.int64)
            for at in range(DIGITS):
                total = 10 * total + (digits[:, at] - ord("0"))
            return total
    return np.fromstring(text, dtype=np.int64, sep=",")


def _compiled(session: Session, query: Query) -> tuple[str, Any]:
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
