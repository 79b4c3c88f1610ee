"""From unlabeled items to a training set through the command `crowd` alone, on both databases."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from crowd.clock import utc_now
from crowd.db import Database, connect
from crowd.models import Project
from crowd.services import assign, collect, roster
from crowd.services.access import keys
from tests.conftest import by_day_on

ITEMS = 16
GOLD = ("i00", "i01", "i02", "i03")
TERMS = {
    "overlap": 2,
    "max-overlap": 3,
    "confidence": 0.85,
    "hit-size": 5,
    "gold-share": 0.2,
    "batch-size": 6,
    "price": "0.02",
    "cap": "2.00",
    "seed": 3,
}


def truth(key: str) -> str:
    return "even" if int(key[1:]) % 2 == 0 else "odd"


def items_file() -> str:
    return "".join(json.dumps({"item": f"i{n:02}", "number": n}) + "\n" for n in range(ITEMS))


def gold_file() -> str:
    return "item,label\n" + "".join(f"{key},{truth(key)}\n" for key in GOLD)


def predictions_file() -> str:
    """A model that is surer the larger the number: the small ones are asked about first."""
    rows = [(f"i{n:02}", 0.5 + n / 40) for n in range(len(GOLD), ITEMS)]
    return "item,even,odd\n" + "".join(f"{key},{p:.3f},{1 - p:.3f}\n" for key, p in rows)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The command in a folder of its own, working on one database."""

    folder: Path
    environment: dict[str, str]

    def run(self, *words: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["crowd", *map(str, words)],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def told(self, *words: object, stdin: str = "") -> dict[str, Any]:
        """Return the one JSON object of a command that has to succeed and has nothing to complain about."""
        outcome = self.run(*words, "--json", stdin=stdin)
        assert (outcome.returncode, outcome.stderr) == (0, "")
        found: dict[str, Any] = json.loads(outcome.stdout)
        return found


@pytest.fixture
def crowd(database_url: str, warm_environment: dict[str, str], tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path, {**warm_environment, "CROWD_DATABASE_URL": database_url})


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = connect(database_url, pool_size=2)
    yield database
    database.dispose()


def work(database: Database, token: str, rule: Callable[[int], str]) -> int:
    """Answer every page there is for the holder of this token; return how many questions it was."""
    answered = 0
    while count := database.transact(lambda session: answer_page(session, token, rule)):
        answered += count
    return answered


def answer_page(session: Any, token: str, rule: Callable[[int], str]) -> int:
    worker = keys.authenticate_worker(session, token)
    page = assign.claim(session, session.scalars(select(Project)).one(), worker, now=utc_now())
    if page is None:
        return 0
    answers = {question.name: rule(question.payload["number"]) for question in page.questions}
    collect.submit(session, worker, page.token, answers=answers, now=utc_now())
    return len(answers)


def honest(number: int) -> str:
    return truth(f"i{number:02}")


def mistaken_about_five(number: int) -> str:
    return "even" if number == 5 else honest(number)


def refuses(outcome: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    assert (outcome.returncode, outcome.stdout) == (code, "")
    assert [text for text in said if text not in outcome.stderr] == []
    assert "Traceback" not in outcome.stderr


@by_day_on("sqlite")
def test_the_loop_closes(crowd: CommandLine, database: Database):
    make_project(crowd)
    invited = crowd.told("workers", "invite", "ann", "--token")
    ann, ben, cleo = invited["token"], *invite(database, "ben", "cleo")
    batch = crowd.told("batch", "create", "numbers")
    assert batch == {"batch": 1, "items": 6, "answers": 12, "strategy": "margin"}

    assert work(database, ann, honest) >= 6
    assert work(database, ben, mistaken_about_five) >= 6
    turn = crowd.told("step", "numbers")
    assert turn["decided"] == {"enough": 5, "more": 1, "give_up": 0, "expert": 0, "unfunded": 0}

    assert work(database, cleo, honest) >= 1
    turn = crowd.told("step", "numbers")
    # Two against one is not 85 %, and there are no more than three answers to an item here.
    assert turn["decided"] == {"enough": 0, "more": 0, "give_up": 1, "expert": 0, "unfunded": 0}
    assert (turn["version"], turn["asked"]) == (1, 12)

    work(database, ann, honest)
    work(database, ben, honest)
    turn = crowd.told("step", "numbers")
    assert (turn["decided"]["enough"], turn["version"], turn["asked"]) == (6, 2, 0)

    overview = crowd.told("project", "show", "numbers")["overview"]
    assert overview["items"] == {"settled": 11, "given_up": 1, "gold": 4}
    assert (overview["open_answers"], overview["held_micros"]) == (0, 0)
    assert overview["spent_micros"] == overview["answers"] * 20_000
    export_in_three_formats(crowd)
    copy_and_check(crowd, database)


def make_project(crowd: CommandLine) -> None:
    options = [word for name, value in TERMS.items() for word in (f"--{name}", value)]
    made = crowd.told("project", "create", "numbers", "--labels", "even,odd", *options)
    assert (made["price"], made["max_overlap"], made["channel"]) == ("0.02", 3, "pool")

    broken = items_file() + '{"item": "i99", "number": }\n'
    refuses(crowd.run("items", "add", "numbers", "-", stdin=broken), 2, "standard input line 17: is not JSON")
    # All are new: of the broken file, nothing was stored.
    added = crowd.told("items", "add", "numbers", "-", stdin=items_file())
    assert added == {"added": ITEMS, "unchanged": 0}
    assert crowd.told("gold", "add", "numbers", "-", stdin=gold_file()) == {"added": 4, "unchanged": 0}
    upload = ("predictions", "add", "numbers", "-", "--model-version", "guess-1")
    assert crowd.told(*upload, stdin=predictions_file())["items"] == 12


def invite(database: Database, *names: str) -> list[str]:
    with database.write() as session:
        principal = keys.operator(keys.requester(session, "local", now=utc_now()))
        return [roster.invite(session, principal, name=name, now=utc_now())[1] for name in names]


def export_in_three_formats(crowd: CommandLine) -> None:
    import pyarrow.parquet as pq

    for form in ("jsonl", "csv", "parquet"):
        assert crowd.told("export", "numbers", "--output", f"train.{form}")["version"] == 2
    lines = [json.loads(line) for line in (crowd.folder / "train.jsonl").read_text().splitlines()]
    assert {row["item"]: row["label"] for row in lines} == {f"i{n:02}": honest(n) for n in range(ITEMS)}
    asked = [row for row in lines if row["source"] == "consensus"]
    assert all(len(row["answers"]) == len(row["workers"]) >= 2 and row["run"] for row in asked)
    assert {row["batch"] for row in asked} == {1, 2}
    assert {row["model_version"] for row in asked} == {"guess-1"}
    cells = list(csv.DictReader((crowd.folder / "train.csv").read_text().splitlines()))
    assert [(row["item"], row["payload.number"]) for row in cells] == [
        (row["item"], str(row["payload"]["number"])) for row in lines
    ]
    table = pq.read_table(crowd.folder / "train.parquet").to_pylist()
    assert [row | {"payload": json.loads(row["payload"])} for row in table] == lines


def copy_and_check(crowd: CommandLine, database: Database) -> None:
    if database.engine.dialect.name == "postgresql":
        refuses(crowd.run("backup", "copy.db"), 1, "pg_dump")
        verdict = crowd.told("check")
    else:
        assert crowd.told("backup", "copy.db")["file"] == "copy.db"
        verdict = crowd.told("check", "--database", "sqlite:///copy.db")
    assert verdict["ok"]
    assert len(verdict["invariants"]) > 20


def test_what_is_not_there_and_what_makes_no_sense_have_their_exit_codes(
    tmp_path: Path, warm_environment: dict[str, str]
):
    crowd = CommandLine(tmp_path, warm_environment)
    refuses(crowd.run("project", "show", "nothing"), 1, "error: no project 'nothing'")
    assert (tmp_path / "crowd.db").exists()
    refuses(crowd.run("project", "create", "x", "--labels", "a,b", "--overlap", "many"), 2, "--overlap")
    refuses(crowd.run("items", "add", "nothing", "missing.csv"), 2, "missing.csv: cannot be read")
    refuses(crowd.run("project", "list", "--database", "sqlite:////no/folder/x.db"), 2, "cannot be opened")
