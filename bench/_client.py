"""A lean client: keep-alive connections, no library, so that what is measured is the server."""

from __future__ import annotations

import json
import multiprocessing
import random
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

PROCESSES = 2
TIMEOUT = 60
WARM, BRISK = 10, 0.1


@dataclass(frozen=True, slots=True)
class Target:
    """Where to work, and for how long."""

    port: int
    project_id: int
    labels: Sequence[str]
    seconds: float
    together: bool = False  # a page is handed in and the next claimed in one call


@dataclass(slots=True)
class Tally:
    """What came back: seconds of every call, and the pages that were acknowledged.

    A call that does both counts as a claim.
    """

    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    acknowledged: dict[str, dict[str, str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    took: float = 0.0

    def add(self, other: Tally) -> None:
        """Take in what another worker has counted."""
        self.claims += other.claims
        self.submits += other.submits
        self.acknowledged |= other.acknowledged
        self.failures += other.failures
        self.took = max(self.took, other.took)


class Connection:
    """One keep-alive connection."""

    def __init__(
        self,
        port: int,
        token: str = "",
        *,
        scheme: str = "Bearer",
        kind: str = "application/json",
        more: str = "",
    ) -> None:
        self.location = ""  # where the last reply sends its reader
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._head = (
            f"Host: localhost\r\nAuthorization: {scheme} {token}\r\n{more}Content-Type: {kind}\r\n"
            "Content-Length: "
        ).encode()

    def call(self, method: bytes, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request; return status and body of the reply."""
        start = method + b" " + path.encode() + b" HTTP/1.1\r\n"
        self._socket.sendall(start + self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        status, length = int(self._file.readline().split()[1]), 0
        while (line := self._file.readline()) not in (b"\r\n", b""):
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
            elif line[:9].lower() == b"location:":
                self.location = line[9:].decode().strip()
        return status, self._file.read(length)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def drive(target: Target, tokens: Sequence[str]) -> Tally:
    """Let one worker for each token claim and submit until the time is over."""
    return _in_processes(_work, target, tokens)


def drive_other(work: Any, target: Target, tokens: Sequence[str]) -> Tally:
    """Let everyone work in another way than ours, as a peer's server wants it."""
    return _in_processes(work, target, tokens)


def greet(target: Target, connections: int) -> Tally:
    """Call a bare server from so many connections until the time is over."""
    return _in_processes(_greet, target, [""] * connections)


def warm(port: int, path: str, connections: int) -> None:
    """Call until every process of a server has started and answers at its usual pace."""
    until = time.perf_counter() + TIMEOUT
    brisk = 0
    while brisk < WARM * connections and time.perf_counter() < until:
        begun = time.perf_counter()
        connection = Connection(port)  # a new one each time: it may reach another process
        connection.call(b"GET", path)
        connection.close()
        brisk = brisk + 1 if time.perf_counter() - begun < BRISK else 0


def _in_processes(work: Any, target: Target, tokens: Sequence[str]) -> Tally:
    context = multiprocessing.get_context("fork")
    with context.Pool(PROCESSES) as pool:
        shares = [(work, target, tokens[number::PROCESSES]) for number in range(PROCESSES)]
        total = Tally()
        for tally in pool.starmap(_in_threads, shares):
            total.add(tally)
    return total


def _in_threads(work: Any, target: Target, tokens: Sequence[str]) -> Tally:
    tallies = [Tally() for _ in tokens]
    start = time.perf_counter()
    threads = [
        threading.Thread(target=work, args=(target, token, tally))
        for token, tally in zip(tokens, tallies, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = Tally(took=time.perf_counter() - start)
    for tally in tallies:
        total.add(tally)
    return total


def _work(target: Target, token: str, tally: Tally) -> None:
    rng, until = random.Random(token), time.perf_counter() + target.seconds
    connection = Connection(target.port, token)
    page: Any = None
    with suppress(OSError):
        while time.perf_counter() < until and (page := page or _claim(connection, target, tally)):
            page = _submit(connection, target, page, rng, tally)
            if tally.failures:
                break
    connection.close()


def _claim(connection: Connection, target: Target, tally: Tally) -> Any:
    begun = time.perf_counter()
    status, body = connection.call(b"POST", f"/api/v1/work/projects/{target.project_id}/claim", b"{}")
    if status != 200:
        tally.failures += [] if status == 204 else [f"claim: {status} {body[:200]!r}"]
        return None
    tally.claims.append(time.perf_counter() - begun)
    return json.loads(body)


def _submit(connection: Connection, target: Target, page: Any, rng: random.Random, tally: Tally) -> Any:
    answers = {question["name"]: rng.choice(target.labels) for question in page["questions"]}
    sent = json.dumps({"answers": answers, "seconds": 1.0, "next": target.together}).encode()
    begun = time.perf_counter()
    status, body = connection.call(b"POST", f"/api/v1/work/pages/{page['token']}/submit", sent)
    if status != 200:
        tally.failures.append(f"submit: {status} {body[:200]!r}")
        return None
    (tally.claims if target.together else tally.submits).append(time.perf_counter() - begun)
    tally.acknowledged[page["token"]] = answers
    return json.loads(body).get("next")


def _greet(target: Target, _token: str, tally: Tally) -> None:
    until = time.perf_counter() + target.seconds
    connection = Connection(target.port)
    while (begun := time.perf_counter()) < until:
        status, _ = connection.call(b"GET", "/")
        tally.claims.append(time.perf_counter() - begun)
        if status != 200:
            tally.failures.append(f"hello: {status}")
            break
    connection.close()
