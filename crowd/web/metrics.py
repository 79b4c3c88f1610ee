"""Numbers for Prometheus: what was asked of the server, how long it took, and what waits for workers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from crowd.db import Database
from crowd.models import Assignment, Item
from crowd.models.conditions import ASSIGNED, CLAIMABLE

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Anyone can invent a method, and every value of a label is a number kept for ever.
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
# Set by whoever starts several processes: each writes its numbers there, any of them answers for all.
SHARED = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(frozen=True, slots=True)
class Counters:
    """The numbers of one application."""

    registry: CollectorRegistry
    count: Callable[[str, str, int, float], None]  # a request: its method, endpoint, status and seconds

    def text(self) -> bytes:
        """Return all numbers in Prometheus' own format."""
        return generate_latest(self.registry)


class Waiting(Collector):
    """What waits for workers, counted when it is asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield how many answers are open and how many pages are held."""
        open_answers = select(func.coalesce(func.sum(Item.open), 0)).where(CLAIMABLE)
        held = select(func.count()).select_from(Assignment).where(ASSIGNED)
        with self._database.read() as session:
            counts = session.scalar(open_answers), session.scalar(held)
        names = ("crowd_open_answers", "Answers wanted that nobody holds"), ("crowd_held_pages", "Pages held")
        for (name, text), count in zip(names, counts, strict=True):
            yield GaugeMetricFamily(name, text, value=count or 0)


def register(app: Flask, database: Database) -> Counters:
    """Count every request of an application."""
    counters = _counters(database)

    def begin() -> None:
        g.counted_from = time.perf_counter()

    def end(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        method = request.method if request.method in METHODS else "other"
        counters.count(method, endpoint, response.status_code, time.perf_counter() - g.counted_from)
        return response

    app.before_request(begin)
    app.after_request(end)
    return counters


def _counters(database: Database) -> Counters:
    # In several processes the counters live in files, and only a collector of those files is asked.
    own = CollectorRegistry()
    registry = CollectorRegistry() if SHARED in os.environ else own
    if SHARED in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(Waiting(database))
    requests = Counter("crowd_requests", "Requests answered", ["method", "endpoint", "status"], registry=own)
    seconds = Histogram("crowd_request_seconds", "Time to answer", ["endpoint"], registry=own)
    return Counters(registry, _counting(requests, seconds))


def _counting(requests: Counter, seconds: Histogram) -> Callable[[str, str, int, float], None]:
    @cache
    def numbers(method: str, endpoint: str, status: int) -> tuple[Counter, Histogram]:
        return requests.labels(method, endpoint, status), seconds.labels(endpoint)

    def count(method: str, endpoint: str, status: int, took: float) -> None:
        counter, histogram = numbers(method, endpoint, status)
        counter.inc()
        histogram.observe(took)

    return count
