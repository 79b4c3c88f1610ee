"""Publish HITs and collect their assignments beside a plain boto3 loop, both against `crowd sandbox`."""

from __future__ import annotations

import argparse
import json
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crowd import migrations
from crowd.channels.mturk.calls import Caller
from crowd.channels.mturk.client import connect as client_for
from crowd.cli.progress import counted
from crowd.clock import utc_now
from crowd.db import Database, connect
from crowd.models import Answer, Hit, MarketAccount, MarketHit
from crowd.services import choose, intake, publish, roster
from crowd.services.access import keys
from crowd.services.market import work
from crowd.services.mturk.channel import Mturk
from crowd.services.setup import projects
from crowd.services.setup.projects import ProjectSettings
from crowd.tables.items import ItemRow

KEYS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
LABELS = ("cat", "dog", "owl")
TEXT = "The quick brown fox jumps over the lazy dog while the owl looks on, " * 3
LIFETIME = 86_400
PART = 200  # HITs worked on in one transaction


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Let both publish and collect as much, each from a sandbox of its own."""
    measured = {name: act(options) for name, act in (("crowd", crowd), ("loop", loop))}
    ours, plain = measured["crowd"], measured["loop"]
    ratios = {name: round(plain[name] / ours[name], 2) for name in ("publish", "collect")}
    whole = (plain["publish"] + plain["collect"]) / (ours["publish"] + ours["collect"])
    return {**measured, "ratio": ratios | {"both": round(whole, 2)}}


def crowd(options: argparse.Namespace) -> dict[str, float]:
    """Publish and collect with the channel `mturk`; what was stored is counted."""
    with sandbox(options.latency) as (endpoint, market), tempfile.TemporaryDirectory() as folder:
        database = connect(f"sqlite:///{folder}/bench.db")
        try:
            project_id = prepare(database, endpoint, options)
            channel = Mturk(Caller(client_for(endpoint, **KEYS)), endpoint)
            with counted("published", options.hits) as watch:
                published = timed(lambda: channel.publish(database, project_id, clock=utc_now, watch=watch))
            fill(market, options.assignments)
            collected = timed(lambda: channel.collect(database, project_id, clock=utc_now))
            with database.read() as session:
                hits = session.scalar(select(func.count()).where(Hit.external_id.is_not(None)))
                answers = session.scalar(select(func.count(Answer.id)))
        finally:
            database.dispose()
    assert (hits, answers) == (options.hits, options.hits * options.assignments), (hits, answers)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"publish": published, "collect": collected, "peak_mb": peak}


def loop(options: argparse.Namespace) -> dict[str, float]:
    """Publish and collect as the usual script does: call after call, with boto3 as it comes."""
    import boto3

    with sandbox(options.latency) as (endpoint, market):
        client = boto3.client("mturk", endpoint_url=endpoint, region_name="us-east-1", **KEYS)
        made: list[str] = []
        published = timed(lambda: made.extend(post(client, options)))
        fill(market, options.assignments)
        found: list[Any] = []
        collected = timed(lambda: found.extend(fetch(client, made)))
    assert len(found) == options.hits * options.assignments, len(found)
    return {"publish": published, "collect": collected}


def post(client: Any, options: argparse.Namespace) -> Iterator[str]:
    terms = {"Title": "What is it?", "Description": "What is it?", "Reward": "0.05"}
    made = client.create_hit_type(**terms, AssignmentDurationInSeconds=3600)["HITTypeId"]
    order = {"HITTypeId": made, "MaxAssignments": options.assignments, "LifetimeInSeconds": LIFETIME}
    question = page(0)
    for number in range(options.hits):
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


def fill(market: Database, assignments: int) -> None:
    """Let people work on every HIT, in the sandbox's own database: it is not they who are measured."""
    with market.read() as session:
        hits = session.scalars(select(MarketHit.id).order_by(MarketHit.id)).all()
        requester = session.scalars(select(MarketAccount.requester_id)).one()
    for start in range(0, len(hits), PART):
        market.transact(partial(_work, hits[start : start + PART], requester, assignments))


def _work(hits: list[int], requester: int, assignments: int, session: Session) -> None:
    now = utc_now()
    said = json.dumps({"answers": {"q1": "cat"}, "notes": {}, "skips": {}, "times": {}, "seconds": 4})
    names = [f"worker {number}" for number in range(assignments)]
    people = roster.arrivals(session, requester, "pool", names, now=now)
    for hit_id in hits:
        for name in names:
            mine = work.accept(session, people[name], session.get_one(MarketHit, hit_id), now=now)
            work.submit(session, mine.external_id, [("crowd", said)], now=now)


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return round(time.perf_counter() - began, 2)


@contextmanager
def sandbox(latency: float) -> Iterator[tuple[str, Database]]:
    """Serve a sandbox that answers so many seconds late; give its address and its database."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/market.db"
        slow = [{"kind": "slow", "prob": 1, "seconds": latency}] if latency else []
        faults = Path(folder, "faults.json")
        faults.write_text(json.dumps({"plan": slow}))
        program = Path(sys.executable).with_name("crowd")
        command = [program, "sandbox", "--port", "0", "--database", url, "--faults", faults]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert process.stdout is not None
            found = next(
                filter(None, (re.search(r"ENDPOINT_URL_MTURK=(\S+)", line) for line in process.stdout))
            )
            market = connect(url)
            yield found[1], market
            market.dispose()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hits", type=int, default=300)
    parser.add_argument("--assignments", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds by which every reply is late")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    result = run(options)
    if options.json:
        print(json.dumps(vars(options) | result))
        return
    for name in ("crowd", "loop"):
        print(f"{name:6} published in {result[name]['publish']} s, collected in {result[name]['collect']} s")
    print(f"peak   {result['crowd']['peak_mb']} MB, of the publisher's process")
    print("ratio ", ", ".join(f"{name} {value}" for name, value in result["ratio"].items()))


if __name__ == "__main__":
    main()
