"""From answers in a database to labels in it: crowd against SQLAlchemy, pandas and crowd-kit.

    python bench/consensus_database.py [--answers 100000] [--iterations 20] [--labels 2,10]
        [--database sqlite,postgresql] [--new 1] [--scratch FOLDER] [--json]

The crowd is that of consensus_speed.py. First all answers but `--new` percent are there, then all. The
straightforward program selects the answers with SQLAlchemy Core, makes a data frame, fits crowd-kit's
DawidSkene, and replaces the labels in a table of its own; crowd concludes, with the same method and number of
iterations and with its default, and judges what is new between two runs. Every measurement is a fresh
process that has done the same on a small SQLite database before; they follow each other, so that they see
the same machine.
Wall and CPU seconds by step (CPU of the program, not of PostgreSQL), memory as the peak above the start.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from _answer_store import add, fill
from _recorded import arguments, say
from consensus_speed import crowd
from race import postgresql

SMALL = 1000
STEPS = ("read", "fit", "write")


@dataclass
class Clock:
    """Seconds by step, wall and CPU."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add what the block takes to a step."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - wall
        self.cpu[name] = self.cpu.get(name, 0.0) + time.process_time() - cpu

    @contextmanager
    def stage(self, text: str) -> Iterator[None]:
        """Sort what crowd says it is doing into the steps."""
        name = {"reading": "read", "fitting": "fit", "writing": "write"}[text.split(maxsplit=1)[0]]
        with self.step(name):
            yield


def simple(url: str, iterations: int, clock: Clock) -> dict[str, Any]:
    import pandas as pd
    from crowdkit.aggregation.classification.dawid_skene import DawidSkene
    from sqlalchemy import (
        Column,
        Float,
        ForeignKey,
        Integer,
        MetaData,
        Table,
        Text,
        create_engine,
        delete,
        insert,
        select,
    )

    from crowd.models import Answer, Item

    engine = create_engine(url)
    labels = Table(
        "simple_label",
        MetaData(),
        Column("item_id", Integer, ForeignKey(Item.__table__.c.id), primary_key=True),
        Column("label", Text),
        Column("confidence", Float),
    )
    labels.create(engine, checkfirst=True)
    with clock.step("read"), engine.connect() as connection:
        # All of the table, so that SQLite does not look up single rows.
        rows = connection.execute(select(Answer.item_id, Answer.worker_id, Answer.value)).all()
        frame = pd.DataFrame(rows, columns=["task", "worker", "label"])
    with clock.step("fit"):
        model = DawidSkene(n_iter=iterations, tol=-np.inf).fit(frame)
    with clock.step("write"), engine.begin() as connection:
        said, sure = model.probas_.idxmax(axis=1), model.probas_.max(axis=1)
        found = zip(said.index.tolist(), said.tolist(), sure.tolist(), strict=True)
        connection.execute(delete(labels))
        connection.execute(
            insert(labels),
            [{"item_id": item, "label": label, "confidence": p} for item, label, p in found],
        )
    return {"labels": dict(zip(said.index.tolist(), said.tolist(), strict=True))}


def concluding(method: str | None) -> Callable[[str, int, Clock], dict[str, Any]]:
    def run(url: str, iterations: int, clock: Clock) -> dict[str, Any]:
        from sqlalchemy import select

        from crowd.db import connect
        from crowd.models import Consensus, Project
        from crowd.services import conclude

        database = connect(url)
        exact = {"max_iterations": iterations, "tolerance": -1.0} if method else None

        def work(session: Any) -> int:
            project = session.scalars(select(Project)).one()
            now = datetime.now(UTC)
            done = conclude.conclude(
                session, project, method=method, parameters=exact, now=now, stage=clock.stage
            )
            return int(done.id)

        with clock.step("all"):
            run_id = database.transact(work)
        with database.read() as session:
            query = select(Consensus.item_id, Consensus.label).where(Consensus.run_id == run_id)
            return {"labels": dict(session.execute(query).all())}

    return run


def updating(url: str, iterations: int, clock: Clock) -> dict[str, Any]:  # noqa: ARG001
    from sqlalchemy import select

    from crowd.db import connect
    from crowd.models import Project, Provisional
    from crowd.services import provisional

    database = connect(url)
    with clock.step("all"):
        decided = database.transact(
            lambda session: provisional.update(
                session, session.scalars(select(Project)).one(), now=datetime.now(UTC)
            )
        )
    with database.read() as session:
        said = dict(session.execute(select(Provisional.item_id, Provisional.label)).all())
    return {"labels": said, "decided": asdict(decided)}


PROGRAMS: dict[str, Callable[[str, int, Clock], dict[str, Any]]] = {
    "SQLAlchemy + crowd-kit": simple,
    "crowd, dawid-skene": concluding("dawid-skene"),
    "crowd, panel": concluding(None),
    "crowd, between runs": updating,
}
BEFORE = ("SQLAlchemy + crowd-kit", "crowd, dawid-skene", "crowd, panel")
AFTER = ("SQLAlchemy + crowd-kit", "crowd, dawid-skene", "crowd, between runs", "crowd, panel")


def measured(name: str, url: str, small: str, iterations: int) -> dict[str, Any]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measure, name, url, small, iterations).result()


def _measure(name: str, url: str, small: str, iterations: int) -> dict[str, Any]:
    _warm_up(name, small)
    clock, before, peak, done = Clock(), _resident(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.005):
            peak = max(peak, _resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    found = PROGRAMS[name](url, iterations, clock)
    done.set()
    watcher.join()
    for seconds in (clock.wall, clock.cpu):
        parts = sum(seconds.get(step, 0.0) for step in STEPS)
        seconds["all"] = seconds.get("all", parts)
    return {"wall": clock.wall, "cpu": clock.cpu, "peak_mb": peak - before, **found}


def _resident() -> float:
    """Return the MB of memory in use (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def _warm_up(name: str, small: str) -> None:
    """Do it on a small database of its own, with the kernel that large fits have."""
    from aggregation import em

    em.COMPILE_FROM, usual = 0, em.COMPILE_FROM
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(small, f"{folder}/small.db")
        PROGRAMS[name](f"sqlite:///{folder}/small.db", 2, Clock())
    em.COMPILE_FROM = usual


def compare(url: str, small: str, answers: int, labels: int, options: Any) -> Iterator[dict[str, Any]]:
    people = crowd(answers, labels, options.seed)
    order = np.random.default_rng(options.seed).permutation(len(people))
    first = len(order) * (100 - options.new) // 100
    kind = url.partition(":")[0].partition("+")[0]
    say(f"{answers} answers, {labels} labels: filling {kind}")
    fill(url, people)
    for state, names, which in (
        ("first", BEFORE, order[:first]),
        (f"{options.new} % more", AFTER, order[first:]),
    ):
        add(url, people, which)
        for found in _round(url, small, names, options):
            row = {"database": kind, "labels": labels, "state": state, **found}
            if not options.json:
                show(row)
            yield row


def _round(url: str, small: str, names: tuple[str, ...], options: Any) -> Iterator[dict[str, Any]]:
    reference: dict[str, Any] = {}
    for name in names:
        say(name)
        one = measured(name, url, small, options.iterations)
        reference = reference or one
        ratio = {kind: round(reference[kind]["all"] / one[kind]["all"], 1) for kind in ("wall", "cpu")}
        said = one["labels"]
        other = sum(label != reference["labels"][item] for item, label in said.items())
        shown = {key: value for key, value in one.items() if key != "labels"}
        yield {"program": name, **shown, "ratio": ratio, "items": len(said), "labels_off": other}


def show_head() -> None:
    print(
        f"{'database':<11}{'labels':>6} {'answers':<9}{'program':<24}"
        f"{'read':>14}{'fit':>14}{'write':>14}{'all':>14}{'ratio':>12}{'MB':>6}{'off':>6}",
        flush=True,
    )


def show(row: dict[str, Any]) -> None:
    cells = "".join(
        f"{row['wall'].get(step, 0):>7.2f}{row['cpu'].get(step, 0):>7.2f}" for step in (*STEPS, "all")
    )
    head = f"{row['database']:<11}{row['labels']:>6} {row['state']:<9}{row['program']:<24}"
    ratios = f"{row['ratio']['wall']:>6.1f}{row['ratio']['cpu']:>6.1f}"
    print(f"{head}{cells}{ratios}{row['peak_mb']:>6.0f}{row['labels_off']:>6}", flush=True)


def main() -> None:
    parser = arguments(__doc__ or "", answers=100_000, iterations=20, new=1)
    parser.add_argument("--labels", default="2,10", help="numbers of labels, with commas")
    parser.add_argument("--database", default="sqlite,postgresql", help="kinds of database, with commas")
    parser.add_argument("--scratch", help="folder for SQLite's files; by default temporary files")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    if not options.json:
        show_head()
    for labels in map(int, options.labels.split(",")):
        for kind in options.database.split(","):
            with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
                small = f"{folder}/small.db"
                few = crowd(SMALL, labels, options.seed)
                fill(f"sqlite:///{small}", few)
                add(f"sqlite:///{small}", few, np.arange(len(few)))
                if kind == "sqlite":
                    rows += compare(f"sqlite:///{folder}/bench.db", small, options.answers, labels, options)
                    continue
                with postgresql() as url:
                    rows += compare(url, small, options.answers, labels, options)
    if options.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
