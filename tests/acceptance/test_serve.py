"""`crowd serve` and `crowd scheduler` as they are started: ready by themselves, careful, gone when asked."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner

from crowd import migrations
from crowd.cli import cli
from crowd.cli.serve import METRICS
from crowd.db import connect
from crowd.settings import new_secret

ROOT = Path(__file__).parents[2]
PATIENCE = 60


class Process:
    """A running command, with what it has said so far."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
        program = "from crowd.cli import main; main()"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CROWD_")}
        self.errors = (folder / "stderr").open("a+")
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=folder,
            env=inherited | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | environment,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        assert self.process.stdout is not None
        self.out: IO[str] = self.process.stdout

    def wait_for(self, pattern: str) -> re.Match[str]:
        for line in self.out:
            if found := re.search(pattern, line):
                return found
        self.errors.seek(0)
        pytest.fail(f"it ended without saying {pattern!r}: {self.errors.read()}")

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.out.close()
        self.errors.close()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def start(*arguments: str, **environment: str) -> Process:
        started.append(Process(tmp_path, arguments, environment))
        return started[-1]

    yield start
    for process in started:
        process.close()


@contextmanager
def answered(url: str, **headers: str) -> Iterator[tuple[int, bytes]]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            yield answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            yield error.code, error.read()


def get(url: str, **headers: str) -> tuple[int, bytes]:
    with answered(url, **headers) as answer:
        return answer


def test_a_server_on_an_empty_folder_is_ready_by_itself(run, tmp_path: Path):
    server = run("serve", "--port", "0")
    address = server.wait_for(r"serves at +(http://127.0.0.1:\d+)")[1]
    key = server.wait_for(r"first API key +(cw_\S+)")[1]
    assert json.loads(get(f"{address}/healthz")[1])["status"] == "ok"
    assert get(f"{address}/api/v1/projects")[0] == 401
    status, body = get(f"{address}/api/v1/projects", Authorization=f"Bearer {key}")
    assert (status, json.loads(body)) == (200, {"next": None, "projects": []})
    assert server.terminate() == 0
    assert key not in (tmp_path / "stderr").read_text()

    again = run("serve", "--port", "0", "--no-scheduler")
    again.wait_for("serves at")
    assert again.terminate() == 0
    assert "first API key" not in again.out.read()


def test_several_processes_on_postgresql_are_counted_together(run, postgres_database: str):
    environment = {"CROWD_SECRET_KEY": new_secret(), "CROWD_DATABASE_URL": postgres_database}
    environment["CROWD_POOL_SIZE"] = "4"
    server = run("serve", "--port", "0", "--workers", "2", **environment)
    address = server.wait_for(r"serves at +(http://127.0.0.1:\d+)")[1]
    for _ in range(10):
        assert get(f"{address}/healthz")[0] == 200
    counted = re.search(rb'crowd_requests_total{endpoint="web.health".*} 10.0', get(f"{address}/metrics")[1])
    assert counted
    assert server.terminate() == 0


@pytest.fixture
def postgres_database(postgres_url: str) -> str:
    database = connect(postgres_url)
    migrations.upgrade(database)
    database.dispose()
    return postgres_url


def refused(tmp_path: Path, text: str, *arguments: str, **environment: str) -> None:
    """Fail unless the command ends with words for people; it serves nothing, and needs no process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        patch.setenv(METRICS, "")  # `serve` may set it
        said = CliRunner().invoke(cli, arguments, env=dict(environment), catch_exceptions=False)
    assert said.exit_code == 2
    assert text in said.stderr


def test_a_schema_that_is_not_current_is_refused(run, tmp_path: Path):
    url = f"sqlite:///{tmp_path}/old.db"
    database = connect(url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0000')")
    database.dispose()
    refused(tmp_path, "crowd db upgrade", "scheduler", "--database", url)
    server = run("serve", "--port", "0", "--database", url)
    assert server.process.wait(PATIENCE) == 2
    server.errors.seek(0)
    said = server.errors.read()
    assert "crowd db upgrade" in said
    assert "Traceback" not in said


def test_sqlite_serves_one_process_only(tmp_path: Path):
    refused(tmp_path, "one process", "serve", "--port", "0", "--workers", "2")


def test_a_known_secret_is_refused(tmp_path: Path):
    refused(tmp_path, "CROWD_SECRET_KEY", "serve", "--port", "0", CROWD_SECRET_KEY="changeme")


def test_a_scheduler_alone_sweeps_until_it_is_told_to_stop(run, tmp_path: Path):
    url = f"sqlite:///{tmp_path}/crowd.db"
    database = connect(url)
    migrations.upgrade(database)
    database.dispose()
    scheduler = run("scheduler", "--database", url, "--step-seconds", "30")
    said = scheduler.wait_for("crowd scheduler: (.*)")[1]
    jobs = dict(part.split(" every ") for part in said.split(", "))
    assert jobs.items() >= {"sweep": "15 s", "settle": "60 s", "prune": "3600 s", "step": "30 s"}.items()
    assert scheduler.terminate() == 0
