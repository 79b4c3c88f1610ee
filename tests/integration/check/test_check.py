"""`check` finds every broken invariant, and nothing where all is well."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from crowd.db import Database
from crowd.models import Assignment, Base, Item, Slot, market
from crowd.models.assignment import SLOT_STATES
from crowd.services.check import INVARIANTS, NAMED, check


@dataclass(frozen=True)
class Violation:
    """One way to break an invariant, and only that one."""

    number: int
    found: str  # part of what `check` says
    statements: tuple[str, ...]
    tables: tuple[str, ...] = ()  # those whose constraints or triggers stand in the way


def read_violations() -> list[Violation]:
    blocks = Path(__file__).with_name("violations.sql").read_text().split("\n\n")[1:]
    return [read_violation(block) for block in blocks]


def read_violation(block: str) -> Violation:
    lines = block.splitlines()
    number, _, found = lines.pop(0).removeprefix("-- ").partition(": ")
    tables = lines.pop(0).removeprefix("-- unguarded: ").split(", ") if lines[0].startswith("--") else []
    statements = [statement.strip() for statement in "\n".join(lines).split(";")]
    return Violation(int(number), found, tuple(filter(None, statements)), tuple(tables))


VIOLATIONS = read_violations()


@contextmanager
def unguarded(database: Database, *tables: str) -> Iterator[Connection]:
    """Open a transaction in which tables have lost all constraints and triggers; nothing of it stays."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        cascade = "CASCADE" if connection.dialect.name == "postgresql" else ""
        transaction = connection.begin()
        for table in tables:
            connection.execute(text(f"CREATE TABLE loose AS SELECT * FROM {table}"))
            connection.execute(text(f"DROP TABLE {table} {cascade}"))
            connection.execute(text(f"ALTER TABLE loose RENAME TO {table}"))
        yield connection
        transaction.rollback()
        connection.invalidate()


def run(connection: Connection, statement: str, **values: Any) -> None:
    if not statement.startswith("COPY"):
        changed = connection.execute(text(statement), values).rowcount
        assert changed != 0, statement
        return
    _, table, condition, changes = re.fullmatch(
        r"(COPY) (\w+) WHERE (.+?)( SET .+)?", statement, re.S
    ).groups()
    connection.execute(text(f"CREATE TEMPORARY TABLE again AS SELECT * FROM {table} WHERE {condition}"))
    connection.execute(text(f"UPDATE again SET id = (SELECT max(id) + 1 FROM {table})"))
    if changes:
        connection.execute(text(f"UPDATE again {changes}"))
    given = ", ".join(each.name for each in Base.metadata.tables[table].columns if each.computed is None)
    copied = connection.execute(text(f"INSERT INTO {table} ({given}) SELECT {given} FROM again"))
    assert copied.rowcount == 1
    connection.execute(text("DROP TABLE again"))


def found_by(connection: Connection, number: int) -> list[str]:
    """Let one invariant look, and return what it found."""
    (invariant,) = (each for each in INVARIANTS if each.number == number)
    with Session(connection) as session:
        return list(invariant.find(session, None))


def broken(connection: Connection, project_id: int | None = None) -> dict[int, tuple[str, ...]]:
    with Session(connection) as session:
        return {f.invariant.number: f.named for f in check(session, project_id=project_id) if not f.ok}


def test_a_database_in_the_middle_of_its_work_is_sound(world: Database) -> None:
    with world.read() as session:
        findings = check(session)
    assert {finding.invariant.number: finding.named for finding in findings if not finding.ok} == {}
    assert [finding.invariant for finding in findings] == list(INVARIANTS)


def test_that_database_holds_everything_that_can_happen(world: Database) -> None:
    with world.read() as session:
        assert set(session.scalars(select(Slot.state))) == set(SLOT_STATES)
        assert {"settled", "quarantined"} < set(session.scalars(select(Item.state)))
        assert set(session.scalars(select(Assignment.kind))) == {"work", "quiz"}
        assert set(session.scalars(select(Assignment.ahead))) == {False, True}
        assert set(session.scalars(select(Assignment.payment))) == {"none", "due", "paid"}
        tables = Base.metadata.sorted_tables
        empty = {table.name for table in tables if session.execute(select(table).limit(1)).first() is None}
    # How people come in is no invariant's business.
    doors = {"worker_token", "invitation", "account", "web_session", "attempts"}
    # Nor what other programs ask of our people, nor yet what we ask at other endpoints.
    programs = {each.__tablename__ for each in vars(market).values() if hasattr(each, "__tablename__")}
    outside = {"outbox_entry", "received_notice", "quarantined", "exchange"}
    # Rules that fired, items looked at again or judged since a run, advice and blocks have their own tests.
    elsewhere = {"firing", "audit_pick", "provisional", "kept_advice", "answer_block"}
    assert empty == {"idempotency_record", "lease", *doors, *programs, *outside, *elsewhere}


# By day its own invariant looks for each violation, and all look for the first that each has.
FIRST = {violation.number: violation.found for violation in reversed(VIOLATIONS)}


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda each: f"{each.number}: {each.found}")
def test_a_violation_is_found(world: Database, violation: Violation) -> None:
    with unguarded(world, *violation.tables) as connection:
        for statement in violation.statements:
            run(connection, statement)
        found = found_by(connection, violation.number)
    assert any(violation.found in line for line in found), found


@pytest.mark.parametrize(
    "violation",
    [
        violation
        if FIRST[violation.number] == violation.found
        else pytest.param(violation, marks=pytest.mark.slow)
        for violation in VIOLATIONS
    ],
    ids=lambda each: f"{each.number}: {each.found}",
)
def test_a_violation_is_found_by_its_invariant_and_no_other(world: Database, violation: Violation) -> None:
    with unguarded(world, *violation.tables) as connection:
        for statement in violation.statements:
            run(connection, statement)
        found = broken(connection)
    assert set(found) == {violation.number}, found
    assert any(violation.found in line for line in found[violation.number]), found


def packed(*ids: int, **changes: Any) -> dict[str, Any]:
    """Return an answer set as it is stored, with a digest that fits, some values changed."""
    content = struct.pack(f"<{len(ids)}q", *ids)
    digest = hashlib.sha256(content).hexdigest()
    steps = struct.pack(f"<{len(ids)}q", *(one - other for one, other in zip(ids, (0, *ids), strict=False)))
    return {"ids": zlib.compress(steps), "digest": digest, "size": len(ids)} | changes


@pytest.mark.parametrize(
    ("stored", "fault"),
    [
        (packed(1, 2, digest="x"), "its ids do not have its digest"),
        (packed(1, 2, size=3), "its ids are not 3 different ones in order"),
        (packed(1, 1), "its ids are not 2 different ones in order"),
        (packed(1, ids=b"?"), "its ids cannot be read"),
        (packed(1, 10**9), "it names answers that are not in its project"),
    ],
)
def test_an_answer_set_that_is_not_what_it_says_is_found(
    world: Database, stored: dict[str, Any], fault: str
) -> None:
    with unguarded(world, "answer_set") as connection:
        run(
            connection,
            "UPDATE answer_set SET ids = :ids, digest = :digest, size = :size WHERE id = 1",
            **stored,
        )
        found = broken(connection)
    assert list(found) == [28]
    assert f"answer set 1: {fault}" in found[28]


def test_every_invariant_has_a_violation_that_it_finds() -> None:
    numbers = [invariant.number for invariant in INVARIANTS]
    assert numbers == sorted(set(numbers))
    assert set(numbers) == {violation.number for violation in VIOLATIONS}


def test_only_the_first_violations_are_named_but_all_are_counted(world: Database) -> None:
    with unguarded(world) as connection, Session(connection) as session:
        wrong = connection.execute(text("UPDATE item SET wanted = wanted + 1")).rowcount
        finding = next(f for f in check(session) if f.invariant.number == 1)
        assert (finding.violations, len(finding.named)) == (wrong, NAMED)


def test_one_project_is_checked_without_the_others(world: Database) -> None:
    with unguarded(world) as connection:
        connection.execute(text("UPDATE item SET wanted = wanted + 1 WHERE project_id = 1"))
        assert set(broken(connection, project_id=1)) == {1}
        assert broken(connection, project_id=2) == {}


def test_what_concerns_the_whole_database_is_left_out_for_one_project(world: Database) -> None:
    with world.read() as session:
        checked = {finding.invariant.number for finding in check(session, project_id=1)}
    assert {invariant.number for invariant in INVARIANTS} - checked == {35, 47}
