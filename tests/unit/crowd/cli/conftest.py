"""Commands inside this process, on a small SQLite database of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from crowd.cli import cli
from crowd.clock import utc_now
from crowd.db import Database, connect
from crowd.models import Project
from crowd.services import assign, collect
from crowd.services.access import keys

Crowd = Callable[..., Result]
Told = Callable[..., dict[str, Any]]
Answer = Callable[[str, Callable[[str], str]], int]

ITEMS = "item,text\n" + "".join(f"r{number},{text}\n" for number, text in enumerate("abcdef", start=1))


TERMS = ("--overlap", "1", "--price", "0.01", "--cap", "1", "--gold-share", "0", "--seed", "1")


def command_on(url: str) -> Crowd:
    """Return the command on this database; an exception nobody turned into a message fails the test."""

    def call(*arguments: object, stdin: str | None = None) -> Result:
        words = [str(argument) for argument in arguments]
        runner = CliRunner(env={"CROWD_DATABASE_URL": url})
        return runner.invoke(cli, words, input=stdin, catch_exceptions=False, prog_name="crowd")

    return call


@pytest.fixture(scope="session")
def stocked(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with a project of six items, the first of them gold, that pays a cent an answer."""
    path = shutil.copy(migrated_file, tmp_path_factory.mktemp("stocked"))
    crowd = command_on(f"sqlite:///{path}")
    crowd("project", "create", "reviews", "--labels", "good,bad", *TERMS)
    crowd("items", "add", "reviews", "-", stdin=ITEMS)
    crowd("gold", "add", "reviews", "-", stdin="item,label\nr1,good\n")
    return Path(path)


@pytest.fixture
def url(migrated_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path)}"


@pytest.fixture
def crowd(url: str) -> Crowd:
    return command_on(url)


@pytest.fixture
def told(crowd: Crowd) -> Told:
    """Return what a command that has to succeed says with --json."""

    def call(*arguments: object, stdin: str | None = None) -> dict[str, Any]:
        result = crowd(*arguments, "--json", stdin=stdin)
        assert result.exit_code == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    return call


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = connect(url)
    yield database
    database.dispose()


@pytest.fixture
def reviews(url: str, stocked: Path) -> str:
    """Name the project of `stocked`, which is now what the command works on."""
    shutil.copy(stocked, url.removeprefix("sqlite:///"))
    return "reviews"


@pytest.fixture
def answer(database: Database) -> Answer:
    """Let the holder of a token answer every page there is, by a rule from the text to the label."""

    def work(token: str, rule: Callable[[str], str]) -> int:
        pages = 0
        while _work_once(database, token, rule):
            pages += 1
        return pages

    return work


def _work_once(database: Database, token: str, rule: Callable[[str], str]) -> bool:
    with database.write() as session:
        worker = keys.authenticate_worker(session, token)
        project = session.scalars(select(Project)).one()
        page = assign.claim(session, project, worker, now=utc_now())
        if page is None:
            return False
        answers = {question.name: rule(question.payload["text"]) for question in page.questions}
        collect.submit(session, worker, page.token, answers=answers, now=utc_now())
        return True
