"""A server is killed in mid-work, again and again: what it acknowledged is there, and only once."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crowd import migrations
from crowd.clock import utc_now
from crowd.db import Database, connect
from crowd.models import Answer, Assignment, Project
from crowd.services import choose, intake, publish, roster
from crowd.services.access import keys
from crowd.services.check import check
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.settings import new_secret
from crowd.tables.items import ItemRow

ROOT = Path(__file__).parents[2]
ITEMS, OVERLAP, PEOPLE, PATIENCE = 60, 3, 5, 60


@dataclass
class Load:
    """Workers who replay what they once said, and what the server has acknowledged so far."""

    port: int
    project_id: int
    acknowledged: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)

    def work(self, token: str, *, together: bool = False) -> None:
        """Claim and submit until nothing is left, or get the next page `together` with the receipt.

        A call the server died on is made again.
        """
        claim, page = f"/api/v1/work/projects/{self.project_id}/claim", None
        while (page := page or self._call(token, claim)) is not None:
            answers = {question["name"]: question["payload"]["said"] for question in page["questions"]}
            body = {"answers": answers, "next": together}
            receipt = self._call(token, f"/api/v1/work/pages/{page['token']}/submit", body)
            page = None if receipt is None else receipt.get("next")
            if receipt is not None:
                self.acknowledged.add(receipt["token"])

    def _call(self, token: str, path: str, body: dict | None = None) -> dict | None:
        until = time.monotonic() + PATIENCE
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        while time.monotonic() < until:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            try:
                connection.request("POST", path, json.dumps(body) if body else None, headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)  # between two lives of the server
                continue
            finally:
                connection.close()
            if answer.status == 200:
                return json.loads(content)
            if answer.status != 204:
                self.failed.append(f"{path}: {answer.status} {content.decode()}")
            return None
        self.failed.append(f"{path}: no answer in {PATIENCE} seconds")
        return None


@contextmanager
def serving(url: str, folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run `crowd serve`; yield its process and port."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CROWD_")}
    secret = {"CROWD_SECRET_KEY": SECRET, "CROWD_DATABASE_URL": url, "CROWD_POOL_SIZE": "8"}
    secret["CROWD_SUBMITS_PER_MINUTE"] = "0"  # the people here are faster than people
    program = [sys.executable, "-c", "from crowd.cli import main; main()"]
    with (folder / "stderr").open("a") as errors:
        process = subprocess.Popen(
            [*program, "serve", "--port", str(port), "--no-scheduler"],
            env=inherited | secret | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "serves at" in line)
        found = re.search(r":(\d+)", line.partition("http://")[2])
        assert found is not None
        yield process, int(found[1])
    finally:
        # The whole group: a gunicorn worker outlives its killed master for a moment, and keeps the port.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


SECRET = new_secret()


def prepared(database: Database) -> tuple[int, list[str]]:
    """Make a project that asks about all its items, and the tokens of those who answer."""
    now = utc_now()
    migrations.prepare(database)
    with database.write() as session:
        owner = keys.operator(keys.requester(session, "local", now=now))
        settings = ProjectSettings(overlap=OVERLAP, hit_size=4, gold_share=0, price_micros=10_000)
        project = projects.create(
            session, owner, slug="load", labels=["a", "b"], settings=settings, cap_micros=10**9, now=now
        )
        rows = [ItemRow(f"i{number}", {"said": "ab"[number % 2]}, "") for number in range(ITEMS)]
        intake.add_items(session, project, rows, now=now)
        batch = choose.choose(session, project, size=ITEMS, now=now)
        assert batch is not None
        publish.ask_batch(session, project, batch, now=now)
        tokens = [roster.invite(session, owner, name=f"p{n}", now=now)[1] for n in range(PEOPLE)]
        return project.id, tokens


@pytest.mark.parametrize("kills", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_a_killed_server_loses_nothing_and_counts_nothing_twice(
    database_url: str, tmp_path: Path, kills: int
):
    database = connect(database_url)
    project_id, tokens = prepared(database)
    load = Load(0, project_id)
    with serving(database_url, tmp_path, 0) as (_, port):
        load.port = port
        people = [
            threading.Thread(target=load.work, args=(token,), kwargs={"together": number % 2 == 0})
            for number, token in enumerate(tokens)
        ]
        for person in people:
            person.start()
        wait_for(load, pages=3)
    for life in range(2, kills + 2):
        with serving(database_url, tmp_path, port):
            if life <= kills:
                wait_for(load, pages=8 * life)
                continue
            for person in people:
                person.join(PATIENCE)
    try:
        assert load.failed == []
        with database.read() as session:
            stored = set(session.scalars(select(Assignment.token).where(Assignment.work == "submitted")))
            answers = select(func.count(), func.count(Answer.worker_id.distinct())).group_by(Answer.item_id)
            per_item = {tuple(row) for row in session.execute(answers)}
            assert per_item == {(OVERLAP, OVERLAP)}
            assert load.acknowledged == stored
            assert [finding for finding in check(session) if not finding.ok] == []
            assert session.scalar(select(func.count()).select_from(Project)) == 1
    finally:
        database.dispose()


def wait_for(load: Load, *, pages: int) -> None:
    """Wait until the server has acknowledged so many pages, so that it dies in mid-work."""
    until = time.monotonic() + PATIENCE
    while len(load.acknowledged) < pages and not load.failed:
        if time.monotonic() > until:
            pytest.fail(f"only {len(load.acknowledged)} pages came in")
        time.sleep(0.005)
