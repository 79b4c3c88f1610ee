"""A migrated database for every test: copied on SQLite, emptied on PostgreSQL, never migrated anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import psycopg
import pytest
from sqlalchemy import URL, make_url

from crowd.db import Database, connect
from tests.conftest import migrate

SHARED = "crowd_migrated"

# By day integration tests run on SQLite. On PostgreSQL run those besides whose code speaks to it in words of
# its own (claims, submissions, the express way, whole columns, migrations), and those about who comes first:
# locks, leases, races, kills. All else reaches it by statements that SQLAlchemy writes for both, and is
# shown there by the loops of tests/acceptance; its own tests run there at night.
ON_POSTGRESQL_BY_DAY = {
    ".": "append_only bulk columns crash db fixtures group migrations race",
    "api": "idempotency simultaneous",
    "api/express": "express following",
    "cli": "db",
    "jobs": "scheduler",
    "market": "batches express",
    "mturk": "outbox publish publisher_killed reconcile",
    "services": "ahead asking_at_once audit claim claims_at_once decisions_at_once deliver intake lease "
    "leases money_and_names_at_once pay records_at_once submissions_at_once submit timesheet",
}
HERE = Path(__file__).parent
BY_DAY = frozenset(
    HERE / folder / f"test_{name}.py"
    for folder, names in ON_POSTGRESQL_BY_DAY.items()
    for name in names.split()
)

# Copying a database takes 100 ms and more, emptying one 5. Triggers and foreign keys are off meanwhile.
EMPTY = """
DO $$DECLARE t regclass; has_rows boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', t) INTO has_rows;
        IF has_rows THEN EXECUTE format('DELETE FROM %s', t); END IF;
    END LOOP;
    PERFORM setval(oid::regclass, 1, false) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'S';
END$$
"""
SHAPE = """
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O')
"""
OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave a half for PostgreSQL to the night where it has a half by day, on SQLite."""
    names = {item.nodeid for item in items}
    for item in items:
        twin = item.nodeid.replace("postgresql", "sqlite")
        if item.path.is_relative_to(HERE) and item.path not in BY_DAY and twin in names - {item.nodeid}:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def descriptions_read_once() -> Iterator[None]:
    """Let all clients of boto3 share the descriptions of services, which each would read and take apart."""
    loader = botocore.session.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda _path=None: loader)
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a migrated database without rows, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "crowd.db"
        shutil.copyfile(request.getfixturevalue("migrated_file"), path)
        return f"sqlite:///{path}"
    shared, connection, shape = request.getfixturevalue("migrated_server")
    assert emptied(connection) == shape, "an earlier test changed the shared schema: use `database_url` there"
    return shared.render_as_string(hide_password=False)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """Open that database."""
    database = connect(migrated_url)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def migrated_server(postgres_url: str) -> Iterator[tuple[URL, psycopg.Connection, tuple[int, ...]]]:
    """This process's migrated PostgreSQL database: URL, who empties it, the shape that no test may change."""
    server = make_url(postgres_url)
    with psycopg.connect(plain(server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {SHARED} TEMPLATE template0")
    shared = server.set(database=SHARED)
    migrate(shared.render_as_string(hide_password=False))
    # Kept open: a new one would learn of every table anew, which takes longer than to empty them.
    with psycopg.connect(plain(shared), autocommit=True) as connection:
        yield shared, connection, emptied(connection)


def emptied(connection: psycopg.Connection) -> tuple[int, ...]:
    """Delete all rows that an earlier test left, and return the counts that tell the schema's shape."""
    connection.execute(OTHERS, [connection.info.dbname])
    connection.execute(EMPTY)
    return connection.execute(SHAPE).fetchone() or ()


def plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
