"""Requesters look after their workers from the command line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select

from crowd.db import Database
from crowd.models import AuditEntry

Call = Callable[..., Any]


@pytest.fixture
def run(crowd: Callable[..., Result], migrated_url: str) -> Call:
    """Run a command that has to succeed, on this test's database; return its JSON."""

    def call(*words: object, stdin: str | None = None) -> Any:
        outcome = crowd(*words, "--database", migrated_url, "--json", stdin=stdin)
        assert outcome.exit_code == 0, outcome.output
        return json.loads(outcome.stdout)

    return call


@pytest.fixture
def says(crowd: Callable[..., Result], migrated_url: str) -> Callable[..., str]:
    """Run a command, which may fail; return what it says."""

    def call(*words: object, stdin: str | None = None) -> str:
        return crowd(*words, "--database", migrated_url, stdin=stdin).output

    return call


@pytest.fixture
def wim(run: Call) -> str:
    """The pseudonym of the one worker, in a project called pets."""
    run("project", "create", "pets", "--labels", "cat,dog", "--cap", "10", "--price", "0.05")
    return str(run("workers", "invite", "Wim")["worker"])


def test_why_a_worker_gets_no_work_is_told(run: Call, says: Callable[..., str], wim: str) -> None:
    run("project", "update", "pets", "--qualifications", "skill german >= 0.8 and group radiology")
    found = run("workers", "why", "pets", wim)
    assert (found["eligible"], [each["code"] for each in found["reasons"]]) == (False, ["qualification"] * 2)
    assert "skill german >= 0.8: the worker has no such skill" in says("workers", "why", "pets", wim)
    run("workers", "skill", wim, "german", "0.9", "--note", "Goethe C1", "--evidence", "1")
    assert run("workers", "join", "radiology", wim)["changed"] == 1
    assert run("workers", "why", "pets", wim)["reasons"] == []
    assert f"{wim} may work on pets" in says("workers", "why", "pets", wim)
    assert run("workers", "groups")["groups"] == [{"group": "radiology", "workers": 1}]
    assert run("workers", "groups", "radiology")["workers"] == [{"worker": wim, "name": "Wim"}]
    assert run("workers", "skills", wim)["skills"][0]["source"] == "requester"
    assert run("workers", "leave", "radiology", wim)["changed"] == 1
    assert run("workers", "why", "pets", wim)["eligible"] is False


def test_a_worker_is_paused_banned_and_let_in_again(run: Call, says: Callable[..., str], wim: str) -> None:
    run("workers", "pause", "pets", wim, "--reason", "holiday", "--days", "7")
    run("workers", "ban", "-", wim, "--reason", "sold the account")
    texts = [each["text"] for each in run("workers", "why", "pets", wim)["reasons"]]
    assert texts[0].startswith("the worker is paused until 2")
    assert texts[1] == "the worker is banned in all projects"
    assert run("workers", "lift", "pets", wim)["lifted"] == 1
    assert run("workers", "lift", "-", wim)["lifted"] == 1
    assert run("workers", "why", "pets", wim)["eligible"] is True
    assert "give its SLUG" in says("workers", "ban", "-", wim, "--reason", "r", "--exclude")


def test_letters_are_written_and_read(run: Call, wim: str) -> None:
    run("workers", "message", wim, "Well done.", "--project", "pets")
    (letter,) = run("workers", "messages", wim)["messages"]
    assert (letter["from"], letter["project"], letter["text"]) == ("requester", "pets", "Well done.")
    assert run("workers", "messages", "--unread")["messages"] == []


def test_settings_are_given_shown_and_taken_back(run: Call, says: Callable[..., str], wim: str) -> None:
    changed = run(
        *("project", "update", "pets", "--hourly", "18", "--fair-hourly", "15", "--review", "manual"),
        *("--quiz", "questions=5,pass_mark=0.8,attempts=2", "--worker-cap", "60", "--leaderboard"),
    )
    assert (changed["hourly"], changed["fair_hourly"], changed["worker_cap"]) == ("18.00", "15.00", 60)
    assert changed["quiz"] == {"questions": 5, "pass_mark": 0.8, "attempts": 2}
    back = run("project", "update", "pets", "--unset", "hourly", "--unset", "quiz", "--no-leaderboard")
    assert (back["hourly"], back["quiz"], back["leaderboard"]) == (None, None, False)
    assert "write it as questions=5" in says("project", "update", "pets", "--quiz", "five")
    assert "is no requirement" in says("project", "update", "pets", "--qualifications", "german")


def test_labels_are_described_and_instructions_come_from_files(run: Call, wim: str, tmp_path: Any) -> None:
    details = {"cat": {"definition": "It meows.", "key": "c"}}
    assert run("project", "labels", "pets", json.dumps(details)) == {"version": 2, "details": details}
    text, examples, template = (tmp_path / name for name in ("say.md", "examples.jsonl", "page.html"))
    text.write_text("Cat or dog?\n")
    examples.write_text('{"payload": {"text": "woof"}, "label": "dog", "note": "It barks.", "good": true}\n')
    template.write_text("<p>{{ payload.text }}</p>{{ answer() }}\n")
    made = run("project", "instructions", "pets", text, "--examples", examples, "--template", template)
    assert made["template"].startswith("<p>")
    assert (made["version"], made["text"], len(made["examples"])) == (2, "Cat or dog?\n", 1)
    again = run("project", "instructions", "pets", text)
    assert (again["version"], len(again["examples"])) == (2, 1)  # what is not given stays
    assert [row["version"] for row in run("project", "instructions", "pets")["versions"]] == [2, 1]


def test_a_wrong_example_is_named_with_its_line(says: Callable[..., str], wim: str, tmp_path: Any) -> None:
    (tmp_path / "say.md").write_text("x")
    (tmp_path / "examples.jsonl").write_text('{"payload": {"text": "moo"}, "label": "cow"}\n')
    said = says(
        "project", "instructions", "pets", tmp_path / "say.md", "--examples", tmp_path / "examples.jsonl"
    )
    assert "examples[0]: 'cow' is not in the label set" in said


PEOPLE = "name,groups\nAda,radiology seniors\nBea,\n=Cleo,radiology\n"


def test_a_file_of_people_becomes_links_and_groups(
    run: Call, says: Callable[..., str], tmp_path: Any
) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    said = says("workers", "invite", "--file", tmp_path / "people.csv", "--url", "https://label.example/")
    rows = list(csv.reader(said.splitlines()))
    assert rows[0] == ["name", "worker", "link"]
    assert [row[0] for row in rows[1:]] == ["Ada", "Bea", "'=Cleo"]
    assert all(row[2].startswith("https://label.example/work/invitations/") for row in rows[1:])
    assert run("workers", "groups")["groups"] == [
        {"group": "radiology", "workers": 2},
        {"group": "seniors", "workers": 1},
    ]
    pool = run("workers", "pool", "--group", "radiology")["workers"]
    assert {(row["name"], row["account"]) for row in pool} == {("Ada", "no"), ("=Cleo", "no")}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("Ada,\nAda,\n", ["line 2, field name: 'Ada' stands there more than once", "line 3"]),
        ("Bea,\nWim,\n", ["line 3, field name: there is a worker 'Wim' already"]),
        ("Bea,a/b\n", ["line 2, field name: 'a/b' cannot be a group's name"]),
    ],
)
def test_where_one_cannot_be_invited_nobody_is(
    run: Call, says: Callable[..., str], wim: str, tmp_path: Any, rows: str, said: list[str]
) -> None:
    (tmp_path / "people.csv").write_text("name,groups\n" + rows)
    answer = says("workers", "invite", "--file", tmp_path / "people.csv")
    assert all(words in answer for words in said), answer
    assert [row["name"] for row in run("workers", "pool")["workers"]] == ["Wim"]


def test_one_gets_a_link_or_a_token(run: Call, says: Callable[..., str]) -> None:
    assert run("workers", "invite", "Ada")["link"].startswith("http://127.0.0.1:8000/work/invitations/")
    assert run("workers", "invite", "Bea", "--token")["token"].startswith("cww_")
    assert "give a NAME or --file" in says("workers", "invite")
    (ada, _) = sorted(run("workers", "pool")["workers"], key=lambda row: row["name"])
    first, second = (run("workers", "relink", ada["worker"])["link"] for _ in range(2))
    assert first != second


def test_names_leave_only_when_asked_for_and_that_is_on_record(
    run: Call, says: Callable[..., str], wim: str, database: Database
) -> None:
    plain = says("workers", "export")
    assert wim in plain
    assert "Wim" not in plain
    assert f"{wim},Wim,pool" in says("workers", "export", "--names")
    (line,) = says("workers", "export", "--format", "jsonl").splitlines()
    assert json.loads(line)["answers"] == 0
    with database.read() as session:
        acts = session.scalars(select(AuditEntry.action)).all()
    assert acts.count("workers.export") == 1


def test_an_erasure_asks_first(run: Call, says: Callable[..., str], wim: str) -> None:
    assert "nobody was erased" in says("workers", "erase", wim, stdin="wxyz\n")
    assert run("workers", "pool")["workers"][0]["name"] == "Wim"
    assert f"{wim} is erased" in says("workers", "erase", wim, stdin=f"{wim}\n")
    assert run("workers", "pool")["workers"][0]["name"] == f"(erased) {wim}"
    assert run("workers", "notes", wim)["notes"] == []
