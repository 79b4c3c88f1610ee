"""What the commands on a database share: addresses, tables, backups, help."""

from __future__ import annotations

import sqlite3

import pytest

from crowd.cli import COMMANDS, cli
from crowd.cli.workplace import table

ON_A_DATABASE = ("batch", "gold", "items", "keys", "predictions", "project", "training-set", "workers")


@pytest.mark.parametrize("noun", ON_A_DATABASE)
def test_every_verb_of_a_noun_has_help(crowd, noun):
    group = cli.get_command(None, noun)
    for verb, command in group.commands.items():
        shown = crowd(noun, verb, "--help")
        assert shown.exit_code == 0
        assert shown.stdout.startswith(f"Usage: crowd {noun} {verb} ")
        assert command.help


def test_the_help_line_of_a_command_is_its_docstring_or_shorter():
    for name, (_, line) in COMMANDS.items():
        assert line.endswith("."), name
        assert len(line) <= 70, name


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "not a database address: 'nonsense'"),
        ("mysql://user@localhost/x", "crowd runs on SQLite and PostgreSQL, not on 'mysql'"),
        ("sqlite:////no/such/folder/x.db", "cannot be opened: unable to open database file"),
        ("postgresql://crowd:hidden@127.0.0.1:1/x", "postgresql://crowd:***@127.0.0.1:1/x cannot be opened"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(crowd, address, said):
    result = crowd("project", "list", "--database", address)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "hidden" not in result.stderr


@pytest.mark.parametrize("command", [("project", "list"), ("check",), ("db", "upgrade")])
def test_a_file_that_is_no_database_is_told(crowd, tmp_path, command):
    path = tmp_path / "notes.txt"
    path.write_text("not a database" * 100)
    result = crowd(*command, "--database", f"sqlite:///{path}")
    assert (result.exit_code, "file is not a database" in result.stderr) == (2, True)


def test_a_database_of_something_else_is_left_alone(crowd, tmp_path):
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    result = crowd("project", "list", "--database", f"sqlite:///{path}")
    assert (result.exit_code, "no schema of crowd's" in result.stderr) == (2, True)


def test_a_backup_is_a_database_with_the_same_content(crowd, told, reviews, tmp_path):
    copy = tmp_path / "copy.db"
    assert told("backup", copy)["bytes"] == copy.stat().st_size
    there = told("items", "list", reviews, "--database", f"sqlite:///{copy}")
    assert there == told("items", "list", reviews)
    assert crowd("backup", copy).exit_code == 2
    assert crowd("backup", tmp_path / "none" / "copy.db").exit_code == 2


def test_a_misspelt_database_is_not_copied(crowd, tmp_path):
    missing, copy = tmp_path / "corwd.db", tmp_path / "copy.db"
    result = crowd("backup", copy, "--database", f"sqlite:///{missing}")
    assert (result.exit_code, "there is no database" in result.stderr) == (2, True)
    assert not missing.exists()
    assert not copy.exists()


def test_a_table_is_aligned_under_its_names():
    rows = [{"name": "a", "value": 0.123456}, {"name": "long", "value": None}]
    assert table(rows).splitlines() == ["name  value", "a     0.1235", "long  -"]


def test_no_rows_are_said_in_words(crowd, told):
    assert crowd("project", "list").stdout == "no projects\n"
    assert told("project", "list") == {"projects": []}
