"""Consensus of files larger than memory, on this machine or on a Dask cluster."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from aggregation.answers import UNKNOWN
from aggregation.consensus import Floats
from aggregation.em import Fit
from aggregation.pairs import Pairs
from aggregation.sharded import Expectation, Parameters, Pass, concluded, fit_shards, pass_over
from crowd.errors import CrowdError, Unprocessable
from crowd.tables.memory import MB, PROGRAM, Cap
from crowd.tables.results import DIGITS, LABEL_COLUMNS
from crowd.tables.shards import Shards, items_of, keep_labels, kept_labels, open_shard, shard
from crowd.tables.writing import write_csv

if TYPE_CHECKING:
    from distributed import Client

# Seconds that a cluster may take to start.
PATIENCE = 60
LEAST = PROGRAM + 100 * MB
# Bytes of memory that a byte of an answer file can need while its shard is put in order.
SPREAD = {".parquet": 60, ".gz": 60}
PLAIN_SPREAD = 12
MOST_SHARDS = 500
# Tables that exist at once: what a pass reads, its counts, those of the shard, and room to divide.
TABLES = 4
# Bytes that a pair takes beside its rows of the tables, while pairs are gathered, and a worker's name.
PAIR = 64
NAME = 200
# Rows of all shards together that are held while their labels are merged.
MERGED = 2**17

WORKER_COLUMNS = ("worker", "skill", "answers", "agreement")


@dataclass(frozen=True, slots=True)
class Score:
    """How many items with a true label there are, and got it; also of those that were no gold."""

    scored: int
    right: int
    unseen: int
    unseen_right: int


@dataclass(frozen=True, slots=True)
class Large:
    """A fit of shards, ready to be written; the labels lie beside the shards."""

    shards: Shards
    fit: Fit
    skill: Floats
    agreement: Floats
    mean_confidence: float
    score: Score | None

    def write_labels(self, stream: BinaryIO) -> None:
        """Write what `write_labels` writes of answers in memory: items in order, label, confidence."""
        rows = [self._rows(index) for index in range(self.shards.count)]
        write_csv(stream, LABEL_COLUMNS, heapq.merge(*rows, key=itemgetter(0)))

    def write_workers(self, stream: BinaryIO) -> None:
        """Write the skill of each worker, their answers, and the share of these that equal the label."""
        given = _given(self.shards.pairs).astype(int).tolist()
        rows = zip(self.shards.workers, _rounded(self.skill), given, _rounded(self.agreement), strict=True)
        write_csv(stream, WORKER_COLUMNS, rows)

    def _rows(self, index: int) -> Iterator[tuple[str, str, float, int]]:
        """Yield the rows of a shard; all shards are read at once, so only some rows of each at a time."""
        for batch in kept_labels(self.shards.folder, index):
            items, choice, confidence, votes = batch.columns
            labels = [self.shards.labels[code] for code in choice.to_pylist()]
            sure = _rounded(confidence.to_numpy())
            yield from zip(items.to_pylist(), labels, sure, votes.to_pylist(), strict=True)


def lay_out(
    source: Path,
    folder: Path,
    cap: Cap,
    *,
    gold: Mapping[str, str] | None = None,
    called: Mapping[str, str] | None = None,
) -> Shards:
    """Lay a file out in shards so small that each, with the workers' tables, fits the memory.

    Raises:
        Unprocessable: More memory would be needed, or turned out to be.
    """
    if cap.limit < LEAST:
        raise Unprocessable(f"memory: {cap.limit // MB} MB given; at least {LEAST // MB} MB are needed")
    try:
        size = source.stat().st_size * SPREAD.get(source.suffix, PLAIN_SPREAD)
    except OSError as error:
        raise Unprocessable(f"{source}: cannot be read: {error.strerror}") from None
    count = min(math.ceil(size / ((cap.limit - PROGRAM) / 2)), MOST_SHARDS)
    found = shard(source, folder, max(count, 1), gold or {}, cap.heed, called=called)
    pairs, labels = len(found.pairs.worker), len(found.labels)
    tables = pairs * (TABLES * 8 * labels + PAIR) + len(found.workers) * NAME
    if tables > cap.limit - PROGRAM:
        needed = math.ceil((tables + PROGRAM) / MB)
        raise Unprocessable(
            f"memory: what {len(found.workers):,} workers answered with {labels:,} labels takes "
            f"tables of {tables // MB:,} MB; give at least {needed:,} MB"
        )
    return found


def fit_here(
    shards: Shards, method: str, cap: Cap, *, truth: Mapping[str, str] | None = None, **settings: object
) -> Large:
    """Fit in this process, a shard at a time."""

    def each(parameters: Parameters | None) -> Iterator[Expectation]:
        for index in range(shards.count):
            yield pass_over(open_shard(shards.folder, index), shards.pairs, parameters)
            cap.heed()

    return _concluded(shards, _fitted(shards, each, method, settings), truth, cap)


def fit_on_cluster(
    shards: Shards,
    method: str,
    cap: Cap,
    *,
    scheduler: str,
    truth: Mapping[str, str] | None = None,
    **settings: object,
) -> Large:
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
        return _concluded(shards, _fitted(shards, _over(client, shards), method, settings), truth, cap)


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


def _fitted(shards: Shards, each: Pass, method: str, settings: dict[str, object]) -> Fit:
    try:
        return fit_shards(shards.pairs, each, method, **settings)
    except ValueError as error:
        raise Unprocessable(str(error)) from error


def _concluded(shards: Shards, fit: Fit, truth: Mapping[str, str] | None, cap: Cap) -> Large:
    """Choose the labels, a shard at a time, and keep them beside it."""
    right, agreed = np.zeros((2, shards.pairs.shape[1]))
    confidence, tally = 0.0, np.zeros(4, dtype=np.int64)
    for index in range(shards.count):
        data = open_shard(shards.folder, index)
        found = concluded(data, shards.pairs)
        keep_labels(shards.folder, index, found, max(MERGED // shards.count, 1))
        right += found.right
        agreed += found.agreed
        confidence += float(found.confidence.sum())
        if truth is not None:
            labels = (shards.labels[code] for code in found.choice.tolist())
            said = zip(items_of(shards.folder, index), labels, (data.known == UNKNOWN).tolist(), strict=True)
            for item, label, is_unseen in said:
                if item in truth:
                    hit = truth[item] == label
                    tally += (1, hit, is_unseen, hit and is_unseen)
        cap.heed()
    given = _given(shards.pairs)
    score = None if truth is None else Score(*tally.tolist())
    return Large(shards, fit, right / given, agreed / given, confidence / shards.items, score)


def _given(pairs: Pairs) -> Floats:
    return np.bincount(pairs.worker, pairs.given, pairs.shape[1]).astype(np.float64)


def _rounded(values: Floats) -> list[float]:
    rounded: list[float] = np.round(values, DIGITS).tolist()
    return rounded
