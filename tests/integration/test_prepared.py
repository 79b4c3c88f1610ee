"""Statements on PostgreSQL's own library: values and errors come as from a cursor of the driver's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest

from crowd.db.prepared import Prepared

BERLIN = timezone(timedelta(hours=1))


@pytest.fixture
def connection(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (2**62, "bigint"),
        (-1, "bigint"),
        (True, "boolean"),
        (False, "boolean"),
        (0.1 + 0.2, "float8"),
        (float("inf"), "float8"),
        ("it's \N{SNOWMAN} 100%", "text"),
        ("", "text"),
        (None, "text"),
        (datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC), "timestamptz"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=BERLIN), "timestamptz"),
    ],
)
def test_a_value_comes_back_as_it_went(connection, value, kind):
    prepared = Prepared(connection.pgconn)
    for _ in range(2):
        ((found,),) = prepared.run(f"SELECT CAST(%(value)s AS {kind})", {"value": value})
        assert (found, type(found)) == (value, type(value))


def test_a_name_may_stand_twice_and_a_value_of_another_type_is_another_statement(connection):
    prepared = Prepared(connection.pgconn)
    twice = "SELECT %(number)s + %(number)s, %(word)s::text"
    assert prepared.run(twice, {"number": 2, "word": "a", "unused": object()}) == [(4, "a")]
    assert prepared.run(twice, {"number": 0.5, "word": None}) == [(1.0, None)]
    rows = prepared.run("SELECT n FROM generate_series(1, %(n)s) AS n", {"n": 3})
    assert rows == [(1,), (2,), (3,)]


def test_text_that_postgresql_cannot_hold_is_refused_and_not_cut_short(connection):
    with pytest.raises(psycopg.DataError, match="NUL"):
        Prepared(connection.pgconn).run("SELECT %(word)s::text", {"word": "a\0b"})


def test_an_error_is_the_driver_s_and_the_connection_lives_on(connection):
    prepared = Prepared(connection.pgconn)
    divide = "SELECT 1 / %(by)s"
    with pytest.raises(psycopg.errors.DivisionByZero):
        prepared.run(divide, {"by": 0})
    with pytest.raises(psycopg.errors.UndefinedTable):
        prepared.run("SELECT * FROM nowhere", {})
    assert prepared.run(divide, {"by": 1}) == [(1,)]


def test_a_connection_that_was_cut_says_so(connection, postgres_url):
    prepared = Prepared(connection.pgconn)
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        prepared.run("SELECT 1", {})
    assert connection.closed
