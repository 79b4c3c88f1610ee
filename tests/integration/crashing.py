"""Processes that are killed: they work, say what they have done, and die at a moment we choose."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from random import Random
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crowd.channels import Delivery, Submission
from crowd.db import Database, connect
from crowd.models import Assignment, ConsensusRun, Hit, HitQuestion, Project
from crowd.services import assign, collect, conclude, decide, deliver, following, pay, roster
from crowd.services.collect import Receipt
from tests.integration.world import LABELS, START

PROCESSES = multiprocessing.get_context("forkserver")
# What any of them will ever import; "tests.integration.mturk.publishing" imports all that talks to endpoints.
PROCESSES.set_forkserver_preload([__name__, "tests.integration.mturk.publishing", "boto3"])
NEVER = 10**9
CROWD = tuple(f"w{number}" for number in range(6))


def serve(url: str, parent: Connection) -> None:
    """Do what the parent asks: here, to learn its statements, or in a child that may be killed.

    A child is forked with all statements compiled, which makes it cheap: it costs 30 ms, not a second.
    """
    database = connect(url)
    while (request := parent.recv()) is not None:
        name, arguments, boundary = request
        if boundary is None:
            act(name)(database, *arguments, *([parent] if name == "work" else []))
            database.dispose()
            parent.send(("done", None))
            continue
        child = os.fork()
        if child == 0:
            _live(database, name, arguments, boundary, parent)
        parent.send(("born", child))
        _, status = os.waitpid(child, 0)
        parent.send(("dead", os.waitstatus_to_exitcode(status)))


def _live(
    database: Database, name: str, arguments: tuple[Any, ...], boundary: int, parent: Connection
) -> None:
    """Do one thing in this child, dying just before the statement or commit of this number; then end."""
    database.engine.dispose(close=False)
    left = iter(range(boundary))

    def burn(*_: object) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        event.listen(database.engine, "before_cursor_execute", burn)
        event.listen(database.engine, "commit", burn)
        event.listen(Session, "after_commit", burn)
        act(name)(database, *arguments, *([parent] if name == "work" else []))
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


class Forge:
    """A process that bears the children to be killed, seen from the test."""

    def __init__(self, url: str, serves: Callable[[str, Connection], None] | None = None) -> None:
        self._ours, theirs = PROCESSES.Pipe()
        self._process = PROCESSES.Process(target=serves or serve, args=(url, theirs))
        self._process.start()
        theirs.close()

    def close(self) -> None:
        self._ours.send(None)
        self._process.join()

    def here(self, name: str, *arguments: Any) -> list[Any]:
        """Let the process do something itself; return what it acknowledged."""
        self._ours.send((name, arguments, None))
        return self._until("done")[0]

    def child(self, name: str, *arguments: Any, boundary: int) -> int:
        """Let a child do it that dies at a boundary; return its exit code, 0 where it never got there."""
        self._ours.send((name, arguments, boundary))
        return int(self._until("dead")[1])

    def killed(self, name: str, *arguments: Any, after: float) -> tuple[list[Any], int]:
        """Let a child do it and kill it; return what it acknowledged, and its exit code."""
        self._ours.send((name, arguments, NEVER))
        early, child = self._until("born")
        time.sleep(after)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        late, code = self._until("dead")
        return early + late, code

    def _until(self, event: str) -> tuple[list[Any], Any]:
        acknowledged = []
        while (heard := self._ours.recv())[0] != event:
            acknowledged += [heard[1]] if heard[0] == "acknowledged" else []
        return acknowledged, heard[1]


def work(
    database: Database, pool_id: int, published_id: int, seed: int, patience: int, acknowledge: Connection
) -> None:
    """Work on two projects in random order until nothing is left; acknowledge what was committed."""
    rng = Random(seed)
    acts: list[Callable[[], bool]] = [
        lambda: _answer(database, pool_id, rng, acknowledge),
        lambda: _bring(database, published_id, rng, acknowledge),
        lambda: settle(database, pool_id),
        lambda: settle(database, published_id),
        lambda: _judge(database, pool_id),
    ]
    for _ in range(patience):
        rng.choices(acts, weights=(6, 6, 1, 1, 1))[0]()


def claim(database: Database, project_id: int, name: str) -> Any:
    def work(session: Session) -> Any:
        project = session.get_one(Project, project_id)
        worker = roster.arrival(session, project.requester_id, project.channel, name, now=START)
        return assign.claim(session, project, worker, now=START)

    return database.transact(work)


def submit(database: Database, project_id: int, name: str, token: str, answers: dict[str, str]) -> Any:
    def work(session: Session) -> Any:
        project = session.get_one(Project, project_id)
        worker = roster.arrival(session, project.requester_id, project.channel, name, now=START)
        return collect.submit(session, worker, token, answers=answers, now=START)

    return database.transact(work)


def follow(database: Database, project_id: int, name: str, token: str, answers: dict[str, str]) -> Any:
    """Hand in a page and claim the next in one transaction."""

    def work(session: Session) -> Any:
        project = session.get_one(Project, project_id)
        worker = roster.arrival(session, project.requester_id, project.channel, name, now=START)
        receipt = collect.submit(session, worker, token, answers=answers, now=START)
        return receipt, following.claim(session, worker, token, now=START)

    return database.transact(work)


def bring(database: Database, project_id: int, hit: str, name: str, answers: dict[str, str]) -> int:
    work = [Delivery(hit, [Submission(f"{hit}:{name}", name, answers)])]
    return database.transact(lambda s: deliver.deliver(s, s.get_one(Project, project_id), work, now=START))


def settle(database: Database, project_id: int) -> bool:
    return database.transact(lambda s: pay.settle(s, s.get_one(Project, project_id), now=START)) > 0


def judge(database: Database, project_id: int, run_id: int) -> Any:
    return database.transact(
        lambda s: decide.decide(s, s.get_one(Project, project_id), s.get_one(ConsensusRun, run_id), now=START)
    )


ACTS: dict[str, Callable[..., Any]] = {
    "claim": claim,
    "submit": submit,
    "follow": follow,
    "deliver": bring,
    "settle": settle,
    "decide": judge,
    "work": work,
}


def act(name: str) -> Callable[..., Any]:
    """Return one of our acts, or of another module's, named `module:function`."""
    if name in ACTS:
        return ACTS[name]
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def _answer(database: Database, project_id: int, rng: Random, acknowledge: Connection) -> bool:
    name = rng.choice(CROWD)
    page = claim(database, project_id, name)
    if page is None:
        return False
    answers = {question.name: rng.choice(LABELS) for question in page.questions}
    assert isinstance(submit(database, project_id, name, page.token, answers), Receipt)
    acknowledge.send(("acknowledged", (page.token, answers)))
    return True


def _bring(database: Database, project_id: int, rng: Random, acknowledge: Connection) -> bool:
    with database.read() as session:
        query = select(Hit.external_id).where(Hit.project_id == project_id, Hit.state == "open")
        hits = session.scalars(query).all()
        if not hits:
            return False
        hit, name = rng.choice(hits), rng.choice(CROWD)
        questions = select(HitQuestion.position).join(Hit, Hit.id == HitQuestion.hit_id)
        positions = session.scalars(questions.where(Hit.external_id == hit)).all()
        brought = select(Assignment.id).where(Assignment.external_id == f"{hit}:{name}")
        again = session.scalar(brought) is not None
    answers = {f"q{position}": rng.choice(LABELS) for position in positions}
    bring(database, project_id, hit, name, answers)
    if not again:
        acknowledge.send(("acknowledged", (f"{hit}:{name}", answers)))
    return True


def _judge(database: Database, project_id: int) -> bool:
    def work(session: Session) -> decide.Decided:
        project = session.get_one(Project, project_id)
        run = conclude.conclude(session, project, method="majority", now=START)
        return decide.decide(session, project, run, now=START)

    decided = database.transact(work)
    return decided.more + decided.enough > 0
