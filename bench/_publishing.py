"""A sandbox for `publishing.py`, people who work on its HITs, and what a step costs on both sides."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from crowd.cli.progress import counted
from crowd.cli.sandbox import MEMORY
from crowd.clock import utc_now
from crowd.db import connect
from crowd.models import MarketAccount, MarketAssignment, MarketHit
from crowd.questions import answers
from crowd.services import roster
from crowd.services.market import account as accounts
from crowd.services.market import ids

PART = 500  # HITs worked on in one transaction


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step took: by the clock, and of the processors on both sides, in seconds."""

    wall: float
    client: float
    server: float


@dataclass(frozen=True, slots=True)
class Served:
    """A sandbox: its address, that of its database, and its process."""

    endpoint: str
    database: str
    pid: int


def fill(url: str, assignments: int) -> None:
    """Let people have worked on every HIT, in the sandbox's own database: it is not they who are measured."""
    market = connect(url)
    with market.read() as session:
        hits = session.scalars(select(MarketHit.id).order_by(MarketHit.id)).all()
    with counted("worked on", len(hits)) as watch:
        for start in range(0, len(hits), PART):
            some = hits[start : start + PART]
            market.transact(partial(_work, some, assignments))
            watch(start + len(some))
    market.dispose()


def _work(hits: Sequence[int], assignments: int, session: Session) -> None:
    """Write what accepting and submitting leaves behind: a place less, and the assignment."""
    now = utc_now()
    said = {"answers": {"q1": "cat"}, "notes": {}, "skips": {}, "times": {}, "seconds": 4}
    requester = session.scalars(select(MarketAccount.requester_id)).one()
    names = [f"worker {number}" for number in range(assignments)]
    people = roster.arrivals(session, requester, "pool", names, now=now).values()
    for worker in people:
        accounts.person(session, worker)
    shared = {
        "state": "submitted",
        "created_at": now - timedelta(minutes=1),
        "deadline": now + timedelta(hours=1),
        "submitted_at": now,
        "auto_approve_at": now + timedelta(days=30),
        "answer": answers.write([("crowd", json.dumps(said))], None),
    }
    rows = [
        {"hit_id": hit_id, "worker_id": worker.id, "external_id": ids.entity(), **shared}
        for hit_id in hits
        for worker in people
    ]
    session.execute(insert(MarketAssignment), rows)
    taken = update(MarketHit).where(MarketHit.id.in_(hits))
    session.execute(taken.values(open=MarketHit.open - assignments))


def timed(served: Served, act: Callable[[], object]) -> Cost:
    """Do something at a sandbox; return what it took."""
    began, client, server = time.perf_counter(), time.process_time(), cpu_of(served.pid)
    act()
    return Cost(time.perf_counter() - began, time.process_time() - client, cpu_of(served.pid) - server)


def cpu_of(pid: int) -> float:
    """Return the seconds that a process and its children have had of the processors, as Linux has it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_of(int(child)) for child in children)


@contextmanager
def sandbox(conditions: dict[str, Any]) -> Iterator[Served]:
    """Serve a sandbox under these conditions."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        url = f"sqlite:///{folder}/market.db"
        faults = Path(folder, "faults.json")
        faults.write_text(json.dumps(conditions))
        program = str(Path(sys.executable).with_name("crowd"))
        command = [program, "sandbox", "--port", "0", "--database", url, "--faults", str(faults)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert process.stdout is not None
            found = next(
                filter(None, (re.search(r"ENDPOINT_URL_MTURK=(\S+)", line) for line in process.stdout))
            )
            yield Served(found[1], url, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
