"""A migrated database for every test: copied on SQLite, emptied on PostgreSQL, never migrated anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import psycopg
import pytest
from sqlalchemy import URL, make_url

from crowd import migrations
from crowd.db import Database, connect

SHARED = "crowd_migrated"

# Who may do what, and how it reads: on top of services that are tested on both databases every time. By day
# these are on SQLite alone; what turns on order, on turns at one time or on SQL of its own is not among them.
ON_TOP = {
    "accounts": "api_by_cookie door oidc place proxies signing",
    "api": "access access_keys cases console foreign matrix people publisher review web",
    "cli": "cases gold labels market_account project publisher review rules workers",
    "market": "creation pages wire",
    "web": "frame work_pages",
}
HERE = Path(__file__).parent
LATER = frozenset(
    HERE / folder / f"test_{name}.py" for folder, names in ON_TOP.items() for name in names.split()
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
    """Leave what is `ON_TOP` and runs on SQLite too to `make nightly` where it is for PostgreSQL."""
    names = {item.nodeid for item in items}
    for item in items:
        twin = item.nodeid.replace("postgresql", "sqlite")
        if item.path in LATER and twin != item.nodeid and twin in names:
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
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of a migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "crowd.db"
    migrate(f"sqlite:///{path}")
    return path


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


def migrate(url: str) -> None:
    database = connect(url)
    migrations.upgrade(database)
    database.dispose()  # the file can be copied once no log lies beside it


def emptied(connection: psycopg.Connection) -> tuple[int, ...]:
    """Delete all rows that an earlier test left, and return the counts that tell the schema's shape."""
    connection.execute(OTHERS, [connection.info.dbname])
    connection.execute(EMPTY)
    return connection.execute(SHAPE).fetchone() or ()


def plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
