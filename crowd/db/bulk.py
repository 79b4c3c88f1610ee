"""Many rows at once, past what a session costs for each: whole columns in, whole columns out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice, repeat
from types import MappingProxyType
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

from crowd.db import decimals

Integers = NDArray[np.int64]
Query = Select[*tuple[Any, ...]]
Coding = Mapping[str, Sequence[str]]

NOTHING: Mapping[str, object] = MappingProxyType({})
# Rows that SQLite inserts with one statement, and that PostgreSQL is sent at once.
AT_ONCE = 100
LINES = 10_000
# What text given to COPY may not hold as it is.
ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
SPECIAL = re.compile(r"[\\\t\n\r]")


def integers(session: Session, query: Query, coded: Coding | None = None) -> Integers:
    """Return the rows of a query as a (rows, columns) array, stored column by column, of whole numbers.

    Only a column named in `coded` holds texts, and gives the place of each among those listed, or -1. In
    what order the rows come is the database's choice.
    """
    read = _sent if _is_postgresql(session) else _concatenated
    return read(session, query, coded or {})


def insert(
    session: Session,
    table: FromClause,
    columns: Mapping[str, Sequence[object]],
    *,
    same: Mapping[str, object] = NOTHING,
) -> None:
    """Insert rows, given by columns, with what is the `same` in all of them.

    They are in the form the driver takes: numbers, texts, bytes and None; `written` gives others it.
    """
    count = len(next(iter(columns.values())))
    names = ", ".join([*same, *columns])
    with _cursor(session) as cursor:
        if _is_postgresql(session):
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for at in range(0, count, LINES):
                    copy.write(_lines(same, [cells[at : at + LINES] for cells in columns.values()]))
            return
        # A statement for each row, as `executemany` makes them, takes two and a half times as long.
        fixed, place = "?, " * len(same), f"({', '.join('?' * len(columns))})"
        remaining = zip(*columns.values(), strict=True)
        while some := list(islice(remaining, AT_ONCE)):
            places = ", ".join([place] * len(some))
            statement = f"INSERT INTO {table} ({names}) SELECT {fixed}* FROM (VALUES {places})"  # noqa: S608
            cursor.execute(statement, [*same.values(), *chain.from_iterable(some)])


def written(session: Session, column: ColumnElement[Any], value: object) -> object:
    """Return a value of a column in the form the driver takes."""
    dialect = session.get_bind().dialect
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    return value if process is None else process(value)


def _lines(same: Mapping[str, object], columns: Sequence[Sequence[object]]) -> str:
    """Return rows as PostgreSQL's COPY reads them."""
    begin = "".join(f"{_cell(value)}\t" for value in same.values())
    return "".join(f"{begin}{row}\n" for row in map("\t".join, zip(*map(_texts, columns), strict=True)))


def _texts(cells: Sequence[Any]) -> Iterable[str]:
    """Return a column as text; few of them need a look at each cell."""
    kinds = set(map(type, cells))
    if kinds == {float}:
        return decimals.texts(cells)
    if kinds == {str} and not SPECIAL.search("".join(cells)):
        return cells
    return map(str if kinds == {int} else _cell, cells)


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
    return np.stack(rows).astype(np.int64).T


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
        f'json_group_array("{name}")' if name in coded else f'group_concat("{name}")' for name in names
    )
    statement, values = _compiled(session, query)
    with _cursor(session) as cursor:
        cursor.execute(f"SELECT count(*), {', '.join(written)} FROM ({statement})", values)  # noqa: S608
        count, *texts = cursor.fetchone()
    rows = np.empty((count, len(names)), dtype=np.int64, order="F")
    for at, (name, text) in enumerate(zip(names, texts, strict=True) if count else ()):
        rows[:, at] = _coded(text, coded[name]) if name in coded else np.fromstring(text, np.int64, sep=",")
    return rows


def _coded(text: str, listed: Sequence[str]) -> Integers:
    place = {name: at for at, name in enumerate(listed)}
    return np.fromiter(map(place.get, json.loads(text), repeat(-1)), dtype=np.int64)


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
