"""Publish HITs and collect their assignments beside a plain boto3 loop, both against `crowd sandbox`."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from _publishing import Cost, Served, fill, sandbox, timed
from sqlalchemy import ColumnElement, func, select

from crowd import migrations
from crowd.channels.mturk.calls import Caller
from crowd.channels.mturk.client import connect as client_for
from crowd.cli.progress import counted
from crowd.clock import utc_now
from crowd.db import Database, connect
from crowd.models import Answer, Hit, Project
from crowd.services import choose, intake, publish
from crowd.services.access import keys
from crowd.services.mturk.channel import Mturk
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.items import ItemRow

KEY = "sandbox"
LABELS = ("cat", "dog", "owl")
TEXT = "The quick brown fox jumps over the lazy dog while the owl looks on, " * 3
LIFETIME = 86_400
RATE = 5  # calls a second of a throttled endpoint, which takes as many at once


@dataclass(frozen=True, slots=True)
class Side:
    """What one side took for so many HITs."""

    hits: int
    publish: Cost
    collect: Cost
    peak_mb: int = 0

    @property
    def wall(self) -> dict[str, float]:
        """Return milliseconds for one HIT, by step."""
        steps = {"publish": self.publish.wall, "collect": self.collect.wall}
        both = steps | {"both": sum(steps.values())}
        return {name: 1000 * seconds / self.hits for name, seconds in both.items()}


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure both sides at every latency, a loop before ours and one after; then the throttled endpoint."""
    latencies = {}
    for latency in options.latency:
        ours_between = {"before": loop, "crowd": crowd, "after": loop}
        sides = {name: act(options, latency) for name, act in ours_between.items()}
        latencies[latency] = {"ratio": ratio(sides), **{name: asdict(each) for name, each in sides.items()}}
        print(table(latency, sides), file=sys.stderr, flush=True)
    return {"latencies": latencies, "used": used(options) if options.throttled else None}


def ratio(sides: Mapping[str, Side]) -> dict[str, float]:
    """Return how many times as fast as the loops ours is, HIT for HIT."""
    ours, loops = sides["crowd"].wall, (sides["before"].wall, sides["after"].wall)
    return {step: round(sum(each[step] for each in loops) / 2 / ours[step], 1) for step in ours}


def table(latency: float, sides: Mapping[str, Side]) -> str:
    """Return what was measured at a latency, in milliseconds for one HIT; CPU: the client + the server."""
    lines = [f"{f'{latency * 1000:.0f} ms late':14}   publish  (CPU)        collect  (CPU)           both"]
    for name, side in sides.items():
        cells = [f"{name if name == 'crowd' else f'loop, {name}':14}"]
        for step, cost in (("publish", side.publish), ("collect", side.collect)):
            cpu = f"({1000 * cost.client / side.hits:.1f} + {1000 * cost.server / side.hits:.1f})"
            cells.append(f"{side.wall[step]:10.1f}  {cpu:12}")
        lines.append("".join([*cells, f"{side.wall['both']:10.1f}   {side.hits} HITs"]))
    times = ", ".join(f"{step} {value}" for step, value in ratio(sides).items())
    return "\n".join([*lines, f"times as fast: {times}; peak {sides['crowd'].peak_mb} MB", ""])


def crowd(options: argparse.Namespace, latency: float) -> Side:
    """Publish and collect with the channel `mturk`, in a process of its own so that its memory is its own."""
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1, context) as own,
        sandbox({"plan": slow(latency)}) as served,
    ):
        published = own.submit(publish_all, served, folder, options).result()
        fill(served.database, options.assignments)
        collected, peak_mb = own.submit(collect_all, served, folder, options).result()
    return Side(options.hits, published, collected, peak_mb)


def publish_all(served: Served, folder: str, options: argparse.Namespace) -> Cost:
    """Publish what a new project wants answers to; all of it must be on record."""
    database = connect(f"sqlite:///{folder}/bench.db")
    project_id = prepare(database, served.endpoint, options)
    channel = channel_to(served)
    with counted("published", options.hits) as watch:
        cost = timed(served, lambda: channel.publish(database, project_id, clock=utc_now, watch=watch))
    expect(database, Hit.external_id.is_not(None), options.hits)
    return cost


def collect_all(served: Served, folder: str, options: argparse.Namespace) -> tuple[Cost, int]:
    """Collect what was handed in; all of it must be on record. Return the peak of memory, in MB, as well."""
    database = connect(f"sqlite:///{folder}/bench.db")
    with database.read() as session:
        project_id = session.scalars(select(Project.id)).one()
    channel = channel_to(served)
    with counted("collected", options.hits) as watch:
        cost = timed(served, lambda: channel.collect(database, project_id, clock=utc_now, watch=watch))
    expect(database, Answer.id.is_not(None), options.hits * options.assignments)
    return cost, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def channel_to(served: Served) -> Mturk:
    """Return a channel as a process has it that begins."""
    client = client_for(served.endpoint, aws_access_key_id=KEY, aws_secret_access_key=KEY)
    return Mturk(Caller(client), served.endpoint)


def expect(database: Database, condition: ColumnElement[bool], wanted: int) -> None:
    """Fail unless so many rows are as they should be."""
    with database.read() as session:
        found = session.scalar(select(func.count()).where(condition))
    assert found == wanted, f"{found} of {wanted}"


def loop(options: argparse.Namespace, latency: float) -> Side:
    """Publish and collect as the usual script does: call after call, with boto3 as it comes."""
    import boto3

    with sandbox({"plan": slow(latency)}) as served:
        keys_of = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY}
        client = boto3.client("mturk", endpoint_url=served.endpoint, region_name="us-east-1", **keys_of)
        made: list[str] = []
        published = timed(served, lambda: made.extend(post(client, options)))
        fill(served.database, options.assignments)
        found: list[Any] = []
        collected = timed(served, lambda: found.extend(fetch(client, made)))
    assert len(found) == options.loop * options.assignments, len(found)
    return Side(options.loop, published, collected)


def used(options: argparse.Namespace) -> float:
    """Return which share of the calls that an endpoint lets through publishing makes use of."""
    few = argparse.Namespace(**vars(options) | {"hits": options.throttled})
    with tempfile.TemporaryDirectory() as folder, sandbox({"calls_per_second": RATE}) as served:
        seconds = publish_all(served, folder, few).wall
    # One call more for the type; as many as come in a second are let through at once.
    return float(round((few.hits + 1 - RATE) / (RATE * seconds), 3))


def slow(latency: float) -> list[dict[str, Any]]:
    """Return the fault that makes every reply so late."""
    return [{"kind": "slow", "prob": 1, "seconds": latency}] if latency else []


def post(client: Any, options: argparse.Namespace) -> Iterator[str]:
    terms = {"Title": "What is it?", "Description": "What is it?", "Reward": "0.05"}
    made = client.create_hit_type(**terms, AssignmentDurationInSeconds=3600)["HITTypeId"]
    order = {"HITTypeId": made, "MaxAssignments": options.assignments, "LifetimeInSeconds": LIFETIME}
    question = page(0)
    for number in range(options.loop):
        token = f"bench-{number}"
        yield client.create_hit_with_hit_type(**order, Question=question, UniqueRequestToken=token)["HIT"][
            "HITId"
        ]


def page(number: int) -> str:
    """Return a page as long as ours are: neither side is to win by what it sends."""
    from crowd.channels import Page, Question
    from crowd.channels.mturk.posting import Posting
    from crowd.services.mturk.posting import html_question

    asked = (Question("q1", str(number), {"text": TEXT}),)
    return html_question(Page("", "What is it?", "", LABELS, asked), Posting(), "http://127.0.0.1:8081")


def fetch(client: Any, hits: list[str]) -> Iterator[Any]:
    for hit in hits:
        pages = client.get_paginator("list_assignments_for_hit").paginate(
            HITId=hit, PaginationConfig={"PageSize": 100}
        )
        for found in pages:
            yield from found["Assignments"]


def prepare(database: Database, endpoint: str, options: argparse.Namespace) -> int:
    """Make a project that wants so many answers to so many items, one on a page."""
    migrations.prepare(database)
    now = utc_now()
    settings = ProjectSettings(
        title="What is it?",
        channel="mturk",
        endpoint=endpoint,
        posting={"lifetime_seconds": LIFETIME},
        overlap=options.assignments,
        max_overlap=options.assignments,
        hit_size=1,
        gold_share=0.0,
        price_micros=50_000,
        batch_size=options.hits,
        seed=options.seed,
    )
    with database.write() as session:
        owner = keys.operator(keys.requester(session, "bench", now=now))
        project = projects.create(
            session, owner, slug="bench", labels=LABELS, settings=settings, cap_micros=10**15, now=now
        )
        rows = [ItemRow(f"i{n}", {"text": f"{n}: {TEXT}"}, f"line {n}") for n in range(options.hits)]
        intake.add_items(session, project, rows, now=now)
        batch = choose.choose(session, project, now=now)
        assert batch is not None
        publish.ask_batch(session, project, batch, now=now)
        return project.id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hits", type=int, default=300, help="that we publish")
    parser.add_argument("--loop", type=int, default=100, help="HITs of each loop, which takes long")
    parser.add_argument("--assignments", type=int, default=3)
    parser.add_argument(
        "--latency", type=float, nargs="*", default=[0.0, 0.05], help="seconds by which every reply is late"
    )
    parser.add_argument("--throttled", type=int, default=150, help="HITs for an endpoint of 5 calls a second")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    result = run(options)
    if options.json:
        print(json.dumps(vars(options) | result))
    elif result["used"] is not None:
        print(f"of {RATE} calls a second {100 * result['used']:.1f} % are used")


if __name__ == "__main__":
    main()
