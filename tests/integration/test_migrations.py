"""The revisions lead to exactly the schema that the models describe, and nowhere else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, Table, Text, inspect, text
from sqlalchemy.exc import DBAPIError

from crowd import migrations
from crowd.db import Database, connect
from crowd.errors import Misconfigured
from crowd.migrations.__main__ import draft
from crowd.models import Base
from crowd.models.base import BigId, UtcDateTime
from tests.conftest import by_day_on

# Everything a schema consists of, as each database itself writes it down.
CATALOG = {
    "sqlite": {
        "objects": """SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'""",
    },
    "postgresql": {
        "columns": """SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
            FROM information_schema.columns WHERE table_schema = 'public'""",
        "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
        "indexes": """SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'""",
        "triggers": """SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
            FROM pg_trigger WHERE NOT tgisinternal""",
        "functions": """SELECT proname, pg_get_functiondef(oid)
            FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
        "sequences": """SELECT sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public'""",
    },
}


def catalog(database: Database) -> dict[str, set[tuple[str, ...]]]:
    with database.read() as session:
        return {
            kind: {tuple(canonical(str(value)) for value in row) for row in session.execute(text(query))}
            for kind, query in CATALOG[database.engine.dialect.name].items()
        }


def canonical(definition: str) -> str:
    """Write a definition the same way whatever the order of the lines within a CREATE TABLE."""
    lines = (re.sub(r"\s+", " ", line).strip().removesuffix(",") for line in definition.splitlines())
    return "\n".join(sorted(line for line in lines if line))


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    database = connect(database_url)
    yield database
    database.dispose()


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def set_revision(database: Database, revision: str) -> None:
    with database.write() as session:
        session.execute(text(f"UPDATE {migrations.VERSION_TABLE} SET version_num = :to"), {"to": revision})


# It says so of every computed column of PostgreSQL's, whose text the next test compares.
@pytest.mark.filterwarnings("ignore:Computed default on slot.live")
def test_migrated_schema_differs_from_the_models_in_nothing_alembic_sees(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrated_schema_equals_a_created_one_in_the_databases_own_catalog(empty: Database) -> None:
    migrations.upgrade(empty)
    with empty.write() as session:
        session.execute(text(f"DROP TABLE {migrations.VERSION_TABLE}"))
    migrated = catalog(empty)
    Base.metadata.drop_all(empty.engine)
    if empty.engine.dialect.name == "postgresql":
        with empty.write() as session:
            session.execute(text("DROP FUNCTION crowd_append_only()"))
    assert not any(catalog(empty).values())
    Base.metadata.create_all(empty.engine)
    created = catalog(empty)
    for kind, found in migrated.items():
        assert found ^ created[kind] == set()


def test_upgrading_twice_is_upgrading_once(empty: Database) -> None:
    migrations.upgrade(empty)
    once = catalog(empty)
    migrations.upgrade(empty)
    assert catalog(empty) == once
    assert migrations.current(empty) == migrations.head()


def test_an_upgrade_that_fails_leaves_no_trace(empty: Database) -> None:
    with empty.write() as session:
        session.execute(text("CREATE TABLE worker (mine INTEGER)"))
    with pytest.raises(DBAPIError, match="already exists"):
        migrations.upgrade(empty)
    assert tables(empty) == {"worker"}
    assert migrations.current(empty) is None


# Started by fork from one process that has imported everything, so that they really start together.
TOGETHER = """
import sys
from multiprocessing import get_context
import alembic.command
from crowd import db, migrations, models

def prepare(barrier, found):
    barrier.wait()
    database = db.connect(sys.argv[1])
    migrations.prepare(database)
    found.put(migrations.current(database))

processes = get_context("fork")
barrier, found = processes.Barrier(8), processes.Queue()
started = [processes.Process(target=prepare, args=(barrier, found)) for _ in range(8)]
for process in started:
    process.start()
for process in started:
    process.join()
print([found.get(timeout=1) for _ in started])
"""


def test_processes_that_start_together_on_an_empty_database_all_find_it_ready(empty: Database) -> None:
    url = empty.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", TOGETHER, url]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)
    assert (ended.stdout, ended.stderr) == (f"{[migrations.head()] * 8}\n", "")


def test_preparing_fills_only_an_empty_database(empty: Database) -> None:
    with empty.write() as session:
        session.execute(text("CREATE TABLE theirs (id INTEGER)"))
    with pytest.raises(Misconfigured, match="crowd db upgrade"):
        migrations.prepare(empty)
    assert tables(empty) == {"theirs"}


def test_an_empty_database_is_refused_with_the_command_that_helps(empty: Database) -> None:
    with pytest.raises(Misconfigured, match=r"no schema of crowd's.*crowd db upgrade"):
        migrations.ensure_current(empty)


@by_day_on("sqlite")
def test_an_older_schema_is_refused_with_the_command_that_helps(empty: Database) -> None:
    migrations.upgrade(empty)
    set_revision(empty, "0000")
    with pytest.raises(
        Misconfigured, match=rf"at revision 0000.*needs {migrations.head()}.*crowd db upgrade"
    ):
        migrations.ensure_current(empty)


@by_day_on("sqlite")
@pytest.mark.parametrize("attempt", [migrations.ensure_current, migrations.prepare, migrations.upgrade])
def test_a_newer_schema_is_refused(empty: Database, attempt: Callable[[Database], None]) -> None:
    migrations.upgrade(empty)
    set_revision(empty, "9999")
    with pytest.raises(Misconfigured, match="revision 9999, made by a newer crowd"):
        attempt(empty)


def test_the_revisions_are_one_numbered_line() -> None:
    script = ScriptDirectory(str(migrations.FOLDER))
    assert script.get_heads() == [migrations.head()]
    numbers = sorted(int(revision.revision) for revision in script.walk_revisions())
    assert numbers == list(range(1, len(numbers) + 1))


def test_no_revision_goes_back() -> None:
    for path in migrations.FOLDER.glob("versions/*.py"):
        assert "def downgrade" not in path.read_text(), path.name


def test_the_wheel_holds_what_an_upgrade_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=migrations.FOLDER.parents[1], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        held = {name.removeprefix("crowd/migrations/") for name in archive.namelist()}
    revisions = {f"versions/{path.name}" for path in migrations.FOLDER.glob("versions/*.py")}
    assert held >= {"__init__.py", "env.py", "script.py.mako"} | revisions


@by_day_on("sqlite")
def test_a_draft_is_a_revision_that_can_be_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: Database
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrations, "FOLDER", folder)
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        table.to_metadata(metadata)
    metadata.tables["item"].append_column(Column("note", Text))
    Table("extra", metadata, Column("id", BigId, primary_key=True), Column("at", UtcDateTime, nullable=False))
    monkeypatch.setattr(Base, "metadata", metadata)
    draft("Add notes to items")
    assert [path.name for path in folder.glob("versions/0002*")] == ["0002_add_notes_to_items.py"]
    migrations.upgrade(empty)
    with empty.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
