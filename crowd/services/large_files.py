"""Consensus of files larger than memory, on this machine or on a Dask cluster."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from aggregation.consensus import Floats, choose
from aggregation.em import Fit
from aggregation.kernel import Expectation
from aggregation.pairs import Pairs
from aggregation.sharded import Concluded, Parameters, Pass, concluded, fit_shards, pass_over, popular
from crowd.errors import CrowdError, Unprocessable
from crowd.tables.results import DIGITS, LABEL_COLUMNS
from crowd.tables.shards import CHUNK, Shards, items_of, open_shard, shard
from crowd.tables.writing import write_csv

if TYPE_CHECKING:
    from distributed import Client

MB = 10**6
# Seconds that a cluster may take to start.
PATIENCE = 60
# What Python, NumPy, pyarrow and the compiled kernel take before anything is read.
PROGRAM = 250 * MB
LEAST = PROGRAM + 100 * MB
# Bytes of memory that a byte of an answer file can need while its shard is put in order.
SPREAD = {".parquet": 60, ".gz": 60}
PLAIN_SPREAD = 12
MOST_SHARDS = 500
# Tables that exist at once: what a pass reads, its counts, those of the shard, and room to divide.
TABLES = 4

WORKER_COLUMNS = ("worker", "skill", "answers", "agreement")


@dataclass(frozen=True, slots=True)
class Large:
    """A fit of shards, ready to be written."""

    shards: Shards
    fit: Fit

    def write_labels(self, stream: BinaryIO) -> None:
        """Write what `write_labels` writes of answers in memory: items in order, label, confidence."""
        rows = [self._rows(index) for index in range(self.shards.count)]
        write_csv(stream, LABEL_COLUMNS, heapq.merge(*rows, key=itemgetter(0)))

    def write_workers(self, stream: BinaryIO) -> None:
        """Write the skill of each worker, their answers, and the share of these that equal the label."""
        pairs = self.shards.pairs
        given = np.bincount(pairs.worker, pairs.given, pairs.shape[1])
        right, agreed = np.zeros(len(given)), np.zeros(len(given))
        for index in range(self.shards.count):
            found = self._concluded(index)
            right += found.right
            agreed += found.agreed
        columns = (_rounded(right / given), given.astype(int).tolist(), _rounded(agreed / given))
        write_csv(stream, WORKER_COLUMNS, zip(self.shards.workers, *columns, strict=True))

    def mean_confidence(self) -> float:
        """Return the mean over all items."""
        total = sum(float(self._concluded(index).confidence.sum()) for index in range(self.shards.count))
        return total / self.shards.items

    def _concluded(self, index: int) -> Concluded:
        return concluded(open_shard(self.shards.folder, index), self.shards.pairs)

    def _rows(self, index: int) -> Iterator[tuple[str, str, float, int]]:
        """Yield the rows of a shard; all shards are read at once, so only some rows of each at a time."""
        data, liked = open_shard(self.shards.folder, index), popular(self.shards.pairs)
        names = items_of(self.shards.folder, index)
        for begin in range(0, len(data.posterior), CHUNK):
            posterior = data.posterior[begin : begin + CHUNK]
            choice = choose(posterior, liked)
            sure = _rounded(posterior[np.arange(len(choice)), choice])
            votes = np.diff(data.start[begin : begin + CHUNK + 1]).tolist()
            labels = [self.shards.labels[code] for code in choice.tolist()]
            yield from zip(islice(names, len(choice)), labels, sure, votes, strict=True)


def lay_out(source: Path, folder: Path, memory: int) -> Shards:
    """Lay a file out in shards so small that each, with the workers' tables, fits the memory.

    Raises:
        Unprocessable: The workers' tables alone are too large for it.
    """
    if memory < LEAST:
        raise Unprocessable(f"memory: {memory // MB} MB given; at least {LEAST // MB} MB are needed")
    try:
        size = source.stat().st_size * SPREAD.get(source.suffix, PLAIN_SPREAD)
    except OSError as error:
        raise Unprocessable(f"{source}: cannot be read: {error.strerror}") from None
    count = min(math.ceil(size / ((memory - PROGRAM) / 2)), MOST_SHARDS)
    found = shard(source, folder, max(count, 1))
    tables = TABLES * len(found.pairs.worker) * len(found.labels) * 8
    if tables > memory - PROGRAM:
        needed = math.ceil((tables + PROGRAM) / MB)
        raise Unprocessable(
            f"memory: what {len(found.workers):,} workers answered with {len(found.labels):,} labels takes "
            f"tables of {tables // MB:,} MB; give at least {needed:,} MB"
        )
    return found


def fit_here(shards: Shards, method: str, **settings: object) -> Large:
    """Fit in this process, a shard at a time."""

    def each(parameters: Parameters | None) -> Iterator[Expectation]:
        for index in range(shards.count):
            yield pass_over(open_shard(shards.folder, index), shards.pairs, parameters)

    return _fitted(shards, each, method, settings)


def fit_on_cluster(shards: Shards, method: str, *, scheduler: str, **settings: object) -> Large:
    """Fit on a Dask cluster whose workers see the folder of the shards; only counts travel."""
    try:
        from distributed import Client
    except ImportError:
        raise Unprocessable(
            "a cluster needs Dask: install crowd-labels[distributed] here and on every machine of the cluster"
        ) from None
    try:
        client = Client(scheduler, timeout=PATIENCE)
        client.wait_for_workers(1, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise CrowdError(f"{scheduler}: no Dask scheduler with workers answers there: {error}") from error
    with client:
        return _fitted(shards, _over(client, shards), method, settings)


def _over(client: Client, shards: Shards) -> Pass:
    pairs = client.scatter(shards.pairs, broadcast=True, hash=False)

    def each(parameters: Parameters | None) -> Iterator[Expectation]:
        shared = client.scatter(parameters, broadcast=True, hash=False)
        waiting = [
            client.submit(_pass_there, str(shards.folder), index, pairs, shared, pure=False)
            for index in range(shards.count)
        ]
        while waiting:
            yield waiting.pop(0).result()

    return each


def _pass_there(folder: str, index: int, pairs: Pairs, parameters: Parameters | None) -> Expectation:
    return pass_over(open_shard(Path(folder), index), pairs, parameters)


def _fitted(shards: Shards, each: Pass, method: str, settings: dict[str, object]) -> Large:
    try:
        return Large(shards, fit_shards(shards.pairs, each, method, **settings))
    except ValueError as error:
        raise Unprocessable(str(error)) from error


def _rounded(values: Floats) -> list[float]:
    rounded: list[float] = np.round(values, DIGITS).tolist()
    return rounded
