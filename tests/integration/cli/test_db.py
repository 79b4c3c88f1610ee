"""`crowd db` and `crowd check`, as users call them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from sqlalchemy import text

from crowd import migrations
from crowd.db import Database, connect
from crowd.services.check import INVARIANTS

Crowd = Callable[..., Result]


def test_an_upgrade_makes_the_schema_and_then_finds_nothing_to_do(crowd: Crowd, database_url: str) -> None:
    head = migrations.head()
    first = crowd("db", "upgrade", "--database", database_url)
    assert (first.exit_code, first.stdout) == (0, f"upgraded the schema from nothing to revision {head}\n")
    again = crowd("db", "upgrade", "--database", database_url, "--json")
    assert json.loads(again.stdout) == {"before": head, "after": head}


def test_current_tells_both_revisions(crowd: Crowd, migrated_url: str) -> None:
    told = crowd("db", "current", "--database", migrated_url)
    assert (told.exit_code, told.stdout) == (0, f"schema: {migrations.head()}, needed: {migrations.head()}\n")


def test_a_sound_database_passes_with_every_invariant_listed(crowd: Crowd, migrated_url: str) -> None:
    checked = crowd("check", "--database", migrated_url)
    assert checked.exit_code == 0
    assert "ok         1  an item's wanted answers are those open" in checked.stdout
    assert f"{len(INVARIANTS)} invariants checked, 0 violated" in checked.stdout


def test_a_violation_is_named_and_ends_with_1(crowd: Crowd, database: Database, migrated_url: str) -> None:
    told_too_much(database)
    checked = crowd("check", "--database", migrated_url)
    assert checked.exit_code == 1
    assert "VIOLATED  33  examples name their workers by pseudonym only" in checked.stdout
    assert checked.stdout.count("the pseudonym is the name") == 10
    assert "… and 2 more" in checked.stdout


def test_json_says_the_same(crowd: Crowd, database: Database, migrated_url: str) -> None:
    told_too_much(database)
    checked = crowd("check", "--database", migrated_url, "--json")
    result = json.loads(checked.stdout)
    (violated,) = (row for row in result["invariants"] if not row["ok"])
    assert (checked.exit_code, result["ok"]) == (1, False)
    assert (violated["number"], violated["violations"], len(violated["named"])) == (33, 12, 10)


def test_a_misspelt_file_is_not_a_sound_database(crowd: Crowd, tmp_path: Path) -> None:
    for command in (["check"], ["db", "current"]):
        refused = crowd(*command, "--database", f"sqlite:///{tmp_path / 'typo.db'}")
        assert refused.exit_code == 2
        assert "there is no database" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_schema_is_not_sound_either(crowd: Crowd, database_url: str) -> None:
    database = connect(database_url)
    with database.write() as session:
        session.execute(text("CREATE TABLE other (id INTEGER)"))
    database.dispose()
    refused = crowd("check", "--database", database_url)
    assert (refused.exit_code, "crowd db upgrade" in refused.stderr) == (2, True)


def told_too_much(database: Database) -> None:
    """Add a dozen workers whose pseudonym is their name."""
    now = "'2026-01-01 00:00:00.000000'"
    with database.write() as session:
        session.execute(text(f"INSERT INTO requester (id, name, created_at) VALUES (1, 'r', {now})"))
        for number in range(12):
            columns = "requester_id, channel, name, pseudonym, created_at"
            values = f"1, 'pool', 'w{number}', 'w{number}', {now}"
            session.execute(text(f"INSERT INTO worker ({columns}) VALUES ({values})"))
