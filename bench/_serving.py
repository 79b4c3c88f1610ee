"""A server to be measured: a project with work for many, the process that serves it, what it has stored."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from crowd import migrations
from crowd.clock import utc_now
from crowd.db import Database
from crowd.models import Answer, Assignment, Slot
from crowd.services import choose, intake, publish, roster
from crowd.services.access import keys
from crowd.services.check import check
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.settings import new_secret
from crowd.tables.gold import GoldRow
from crowd.tables.items import ItemRow

HERE = Path(__file__).parent
LABELS = ("cat", "dog", "owl")
GOLD = 3_000  # no worker may have seen all of it before the end: nobody grades here, so it stays dense
TEXT = "The quick brown fox jumps over the lazy dog while the owl looks on, " * 3


@dataclass(frozen=True, slots=True)
class Job:
    """What the workers have before them."""

    items: int
    hit_size: int
    workers: int
    price_micros: int
    seed: int


def prepare(database: Database, job: Job) -> tuple[int, list[str]]:
    """Make a project that asks about all its items; return its id and a token for every worker."""
    now = utc_now()
    migrations.prepare(database)
    with database.write() as session:
        owner = keys.operator(keys.requester(session, "bench", now=now))
        settings = ProjectSettings(
            hit_size=job.hit_size, price_micros=job.price_micros, batch_size=job.items, seed=job.seed
        )
        slug = f"serving-{job.hit_size}"
        project = projects.create(
            session, owner, slug=slug, labels=LABELS, settings=settings, cap_micros=10**15, now=now
        )
        known = [f"g{number}" for number in range(GOLD)]
        names = [*map(str, range(job.items)), *known]
        rows = [ItemRow(name, {"text": f"{name}: {TEXT}"}, "") for name in names]
        intake.add_items(session, project, rows, now=now)
        gold = [GoldRow(name, LABELS[number % 3], "") for number, name in enumerate(known)]
        intake.add_gold(session, project, gold, source="bench", now=now)
        batch = choose.choose(session, project, now=now)
        assert batch is not None
        publish.ask_batch(session, project, batch, now=now)
        people = [f"{slug}-{number}" for number in range(job.workers)]
        tokens = [roster.invite(session, owner, name=name, now=now)[1] for name in people]
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")  # a database that has lived for a while has that
    return project.id, tokens


@contextmanager
def crowd(url: str, *, processes: int, threads: int) -> Iterator[int]:
    """Run `crowd serve`; yield its port."""
    program = [sys.executable, "-c", "from crowd.cli import main; main()"]
    command = [*program, "serve", "--port", "0", "--workers", str(processes), "--no-scheduler"]
    settings = {"CROWD_DATABASE_URL": url, "CROWD_POOL_SIZE": str(threads), "CROWD_SECRET_KEY": new_secret()}
    settings["CROWD_SUBMITS_PER_MINUTE"] = "0"  # no limit: these are faster than people
    with _running(command, settings, "serves at") as port:
        yield port


@contextmanager
def hello(*, processes: int, threads: int) -> Iterator[int]:
    """Run a bare Flask application on the same settings of gunicorn; yield its port."""
    options = ["--workers", str(processes), "--threads", str(threads), "--worker-class", "gthread"]
    command = [sys.executable, "-m", "gunicorn", *options, "--bind", "127.0.0.1:0", "_hello:app"]
    with _running(command, {"PYTHONPATH": str(HERE)}, "Listening at") as port:
        yield port


@contextmanager
def _running(command: Sequence[str], settings: Mapping[str, str], greeting: str) -> Iterator[int]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CROWD_")}
    path = {"PYTHONPATH": os.pathsep.join([str(HERE.parent), settings.get("PYTHONPATH", "")])}
    environment = inherited | dict(settings) | path | {"PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("w+") as log:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield _port(process, Path(folder, "log"), greeting)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def _port(process: subprocess.Popen[bytes], log: Path, greeting: str) -> int:
    while process.poll() is None:
        found = re.search(rf"{greeting}.*?http://[\d.]+:(\d+)", log.read_text())
        if found:
            return int(found[1])
        time.sleep(0.05)
    raise SystemExit(f"the server did not start:\n{log.read_text()}")


def faults(database: Database, acknowledged: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return every broken invariant, and every acknowledged page that is not stored as it was."""
    with database.read() as session:
        found = [text for finding in check(session) for text in finding.named]
        query = (
            select(Assignment.token, Slot.position, Answer.value)
            .join(Slot, Slot.assignment_id == Assignment.id)
            .join(Answer, Answer.slot_id == Slot.id)
            .where(Assignment.work == "submitted")
        )
        stored: dict[str, dict[str, str]] = {}
        for token, position, value in session.execute(query):
            stored.setdefault(token, {})[f"q{position}"] = value
    lost = [token for token, answers in acknowledged.items() if stored.get(token) != answers]
    return found + [f"acknowledged and not stored: {token}" for token in lost]
