"""PostgreSQL's own library, called directly: a prepared statement at a third of what a cursor costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

_PLACE = re.compile(r"%\((\w+)\)s")
# How values are sent: their type's number at PostgreSQL, 0 where the statement says it, and their text. A
# number is always sent in the largest type: a statement would else have a plan for each.
SENT: dict[type, tuple[int, Callable[[Any], str]]] = {
    int: (20, str),
    bool: (16, lambda value: "t" if value else "f"),
    float: (701, repr),
    str: (0, str),
    datetime: (1184, datetime.isoformat),
    type(None): (0, str),
}
# How what returns is read, by the number of its type; what is not named here is text.
READ: dict[int, Callable[[bytes], Any]] = {
    16: lambda value: value == b"t",
    20: int,
    21: int,
    23: int,
    701: float,
    1184: lambda value: datetime.fromisoformat(value.decode()),
}


class Prepared:
    """The statements of one connection, each prepared when it is first run with values of such types."""

    __slots__ = ("_names", "_pg")

    def __init__(self, pg: PGconn) -> None:
        self._pg = pg
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}

    def run(self, text: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a statement with `%(name)s` for values; return its rows.

        Raises:
            psycopg.Error: as a cursor of the driver's would.
        """
        statement, names = _numbered(text)
        types, sent = [], []
        for name in names:
            value = values[name]
            number, write = SENT[type(value)]
            types.append(number)
            sent.append(None if value is None else _text(write(value)))
        known = self._names.get((text, tuple(types))) or self._prepare(text, statement, tuple(types))
        # The driver declares no None among the values, and takes it for NULL.
        return _rows(self._checked(self._pg.exec_prepared(known, sent)))  # type: ignore[arg-type]

    def _prepare(self, text: str, statement: bytes, types: tuple[int, ...]) -> bytes:
        name = f"crowd_{len(self._names)}".encode()
        self._checked(self._pg.prepare(name, statement, types))
        self._names[text, types] = name
        return name

    def _checked(self, result: PGresult) -> PGresult:
        if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            return result
        if self._pg.status != ConnStatus.OK:
            raise psycopg.OperationalError("the connection is lost")
        raise errors.error_from_result(result)


@cache
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """Return a statement with numbered places, and the names of their values in that order."""
    names = tuple(dict.fromkeys(_PLACE.findall(text)))
    numbers = {name: f"${number}" for number, name in enumerate(names, start=1)}
    return _PLACE.sub(lambda found: numbers[found[1]], text).encode(), names


def _text(value: str) -> bytes:
    content = value.encode()
    if b"\0" in content:  # the library would read no further
        raise psycopg.DataError("PostgreSQL text cannot contain NUL")
    return content


def _rows(result: PGresult) -> list[tuple[Any, ...]]:
    columns = range(result.nfields)
    read = [READ.get(result.ftype(column), bytes.decode) for column in columns]
    return [
        tuple(
            None if (value := result.get_value(row, column)) is None else read[column](value)
            for column in columns
        )
        for row in range(result.ntuples)
    ]
