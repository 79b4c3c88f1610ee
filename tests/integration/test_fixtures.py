"""The databases that the tests run on are what their fixtures promise."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, inspect, make_url, text

SHARED: dict[str, str] = {}


def add_table(url: str) -> list[str]:
    engine = create_engine(url)
    before = inspect(engine).get_table_names()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mark (id INTEGER PRIMARY KEY)"))
    engine.dispose()
    return before


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_gets_an_empty_database(database_url: str, turn: int) -> None:
    assert add_table(database_url) == []


def test_the_dialects_are_those_of_production(database_url: str, request: pytest.FixtureRequest) -> None:
    kind = request.node.callspec.params["database_url"]
    assert make_url(database_url).drivername == {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}[kind]


@pytest.mark.parametrize("turn", [1, 2])
def test_a_module_shares_its_database(module_database_url: str, turn: int) -> None:
    kind = make_url(module_database_url).get_backend_name()
    assert SHARED.setdefault(kind, module_database_url) == module_database_url


def test_postgresql_is_the_version_of_the_compose_file(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW server_version")).startswith("18.")
    engine.dispose()
