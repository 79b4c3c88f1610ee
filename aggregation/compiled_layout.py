"""The layout of a large fit, in compiled sweeps over the answers; imported only with its kernel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers, Codes
from aggregation.compiled import compiled
from aggregation.consensus import Floats
from aggregation.kernel import Arranged
from aggregation.pairs import Pairs, few_cells


def lay_out_in_order(answers: Answers) -> Pairs | None:
    """Return what `Pairs.of` does; nothing if answers are not by item, worker, label."""
    items, workers, labels = len(answers.items), len(answers.workers), len(answers.labels)
    if not few_cells(workers * labels, len(answers)):
        return None
    given, start = np.zeros(workers * labels, dtype=np.int64), np.zeros(items + 1, dtype=np.int64)
    if not _count(answers.item, answers.worker, answers.label, labels, given, start):
        return None
    np.cumsum(start, out=start)
    observed, place = np.flatnonzero(given), np.cumsum(given > 0, dtype=np.int32) - 1
    code = np.empty(len(answers), dtype=np.int32)
    _encode(answers.worker, answers.label, place, labels, code)
    return Pairs.ordered(start, code, observed, given[observed], (items, workers, labels))


def by_rarest_worker(pairs: Pairs) -> Arranged:
    """Let items follow each other whose rarest worker is the same, the most frequent of these first.

    Rows of frequent workers stay in the cache whatever the order; most others are wanted for such items only.
    """
    rank = np.empty(pairs.shape[1], dtype=np.int32)
    given = np.bincount(pairs.worker, pairs.given, len(rank))
    rank[np.argsort(-given, kind="stable")] = np.arange(len(rank), dtype=np.int32)
    place, start, code = (
        np.empty(pairs.shape[0], np.int64),
        np.zeros_like(pairs.start),
        np.empty_like(pairs.code),
    )
    _sort_by_largest(pairs.start, pairs.code, rank[pairs.worker], place)
    _move(pairs.start, pairs.code, place, start, code)
    return Arranged(replace(pairs, start=start, code=code), place)


@compiled
def share_votes(start: NDArray[np.int64], code: Codes, label: Codes, shares: Floats) -> None:
    """Add to each item the share of its answers that each label has; `label` is that of each pair."""
    for item in range(len(shares)):
        for answer in range(start[item], start[item + 1]):
            shares[item, label[code[answer]]] += 1.0
        for k in range(shares.shape[1]):
            shares[item, k] /= max(start[item + 1] - start[item], 1)


@compiled
def _count(
    item: Codes,
    worker: Codes,
    label: Codes,
    labels: int,
    given: NDArray[np.int64],
    start: NDArray[np.int64],
) -> bool:
    """Count answers by worker and label, and by item; return whether they are in order."""
    in_order, last_item, last_cell = True, 0, 0
    for n in range(len(item)):
        here, cell = item[n], worker[n] * labels + label[n]
        in_order &= (here > last_item) | ((here == last_item) & (cell >= last_cell))
        last_item, last_cell = here, cell
        given[cell] += 1
        start[here + 1] += 1
    return in_order


@compiled
def _encode(worker: Codes, label: Codes, place: Codes, labels: int, code: Codes) -> None:
    for n in range(len(code)):
        code[n] = place[worker[n] * labels + label[n]]


@compiled
def _sort_by_largest(start: NDArray[np.int64], code: Codes, rank: Codes, place: NDArray[np.int64]) -> None:
    """Find the place of each item by the largest rank among its pairs, by counting."""
    largest, free = np.zeros(len(place), dtype=np.int32), np.zeros(len(rank) + 1, dtype=np.int64)
    for item in range(len(place)):
        for answer in range(start[item], start[item + 1]):
            largest[item] = max(largest[item], rank[code[answer]])
        free[largest[item] + 1] += 1
    free = np.cumsum(free)
    for item in range(len(place)):
        place[item] = free[largest[item]]
        free[largest[item]] += 1


@compiled
def _move(
    start: NDArray[np.int64],
    code: Codes,
    place: NDArray[np.int64],
    new_start: NDArray[np.int64],
    new_code: Codes,
) -> None:
    """Write the answers to each item where it has its place."""
    for item in range(len(place)):
        new_start[place[item] + 1] = start[item + 1] - start[item]
    for item in range(len(place)):
        new_start[item + 1] += new_start[item]
    for item in range(len(place)):
        begin, new = start[item], new_start[place[item]]
        for answer in range(start[item + 1] - begin):
            new_code[new + answer] = code[begin + answer]
