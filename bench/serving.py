"""Drive a real server over HTTP: workers who claim and submit, and what it must never do, counted after."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
from _client import Tally, Target, drive, drive_other, greet, warm
from _serving import LABELS, TEXT, Job, crowd, faults, hello, prepare
from peers import label_studio, turkle
from race import postgresql, table

from crowd.db import connect
from crowd.settings import Settings

HIT_SIZES = (1, 10)
WAYS = ("apart", "together")  # claim and submit are two calls, or one
PROCESSES = {"sqlite": 1, "postgresql": 2}  # SQLite serves from one process
PEER_ITEMS, PEER_THREADS = 5_000, 16  # as many threads as serve it best
WARM_UP = 2.0  # seconds of work before it counts
PEERS = {"Label Studio": label_studio, "Turkle": turkle}
Figures = dict[str, float]


def run(options: argparse.Namespace) -> dict[str, Figures]:
    """Measure every size of page on every database asked for."""
    results: dict[str, Figures] = {}
    for size in [options.hit_size] if options.hit_size else HIT_SIZES:
        job = Job(options.items, size, options.workers, options.price, options.seed)
        kinds = ("sqlite", "postgresql") if options.database is None else (options.database,)
        for kind in kinds:
            with address(kind) as url:
                for name, found in measure(url, job, options).items():
                    results[f"{kind.partition(':')[0]}, {size} a page{name}"] = found
    if options.peers:
        for name, tool in PEERS.items():
            results[f"{name}, postgresql"] = peer(tool, options)
    return results


@contextmanager
def address(kind: str) -> Iterator[str]:
    """Yield the address of a new database of this kind, with its usual, durable settings."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/serving.db"
    elif kind == "postgresql":
        with postgresql() as url:
            yield url
    else:
        yield kind


def measure(url: str, job: Job, options: argparse.Namespace) -> dict[str, Figures]:
    """Serve one project from one database, and let everyone work on it: in either way, or in one."""
    processes = PROCESSES[url.partition(":")[0].partition("+")[0]]
    rate = bare(options, processes)
    database, results = connect(url), {}
    stored: dict[str, dict[str, str]] = {}
    try:
        project_id, tokens = prepare(database, job)
        with crowd(url, processes=processes, threads=options.threads) as port:
            warm(port, "/healthz", processes)
            for name in WAYS if options.way is None else (options.way,):
                target = partial(Target, port, project_id, LABELS, together=name == "together")
                before = drive(target(WARM_UP), tokens)
                tally = drive(target(options.seconds), tokens)
                stored |= before.acknowledged | tally.acknowledged
                broken = before.failures + tally.failures + faults(database, stored)
                print(*sorted(set(broken)), sep="\n", end="\n" if broken else "", file=sys.stderr)
                results[f", {name}"] = figures(tally, rate) | {"faults": len(broken)}
    finally:
        database.dispose()
    return results


def peer(tool: ModuleType, options: argparse.Namespace) -> Figures:
    """Measure a peer with three answers to a task, over its API or its pages, on PostgreSQL."""
    python = tool.install(Path(options.peers).absolute())
    about = {"items": PEER_ITEMS, "overlap": 3, "workers": options.workers, "labels": LABELS, "text": TEXT}
    rate = bare(options, PROCESSES["postgresql"])
    given = tool is label_studio and options.peer_database
    with (
        address(options.peer_database if given else "postgresql") as url,
        tool.serving(python, url, about, processes=2, threads=PEER_THREADS) as (
            port,
            project,
            tokens,
        ),
    ):
        warm(port, tool.HEALTH, 2)
        drive_other(tool.work, Target(port, project, LABELS, WARM_UP), tokens)
        tally = drive_other(tool.work, Target(port, project, LABELS, options.seconds), tokens)
    for failure in sorted(set(tally.failures)):
        print(failure, file=sys.stderr)
    return figures(tally, rate) | {"faults": len(tally.failures)}


def bare(options: argparse.Namespace, processes: int) -> float:
    """Return how many requests a bare Flask server answers in a second."""
    with hello(processes=processes, threads=options.threads) as port:
        warm(port, "/", processes)
        tally = greet(Target(port, 0, (), options.seconds / 2), options.workers)
    return len(tally.claims) / tally.took


def figures(tally: Tally, rate: float) -> Figures:
    """Return rates, and latencies in milliseconds."""
    pages = len(tally.acknowledged)
    items = sum(len(answers) for answers in tally.acknowledged.values())
    requests = len(tally.claims) + len(tally.submits)
    found = {
        "pages_per_second": pages / tally.took,
        "items_per_second": items / tally.took,
        **latencies("next", tally.claims),
        **latencies("submit", tally.submits),
        "requests_per_second": requests / tally.took,
        "hello_per_second": rate,
        "of_hello": requests / tally.took / rate,
    }
    return {name: round(float(value), 3 if name == "of_hello" else 1) for name, value in found.items()}


def latencies(name: str, seconds: Sequence[float]) -> Figures:
    """Return the median and the slow ends."""
    cuts = np.percentile(seconds, [50, 95, 99]) * 1000 if seconds else [np.nan] * 3
    return {f"{name}_p{part}": cut for part, cut in zip((50, 95, 99), cuts, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one object for machines")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=32, help="people who work at once")
    parser.add_argument("--threads", type=int, default=Settings().pool_size, help="of each server process")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each measurement")
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--price", type=int, default=0, help="micro-dollars for one answer")
    parser.add_argument("--hit-size", type=int, choices=HIT_SIZES, help="only pages of this size")
    parser.add_argument("--way", choices=WAYS, help="only with two calls for a page, or only with one")
    parser.add_argument("--database", help="sqlite, postgresql, or the address of an empty database")
    parser.add_argument("--peers", metavar="DIR", help="peers too, installed by uv into this folder")
    parser.add_argument(
        "--peer-database", help="an empty database on a PostgreSQL that has pg_trgm, which Label Studio needs"
    )
    options = parser.parse_args()
    results = run(options)
    print(json.dumps(results) if options.json else table(results))
    sys.exit(any(found["faults"] for found in results.values()))


if __name__ == "__main__":
    main()
