"""The layout of a large fit in two compiled sweeps over the answers; imported only with its kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers, Codes
from aggregation.compiled import compiled
from aggregation.consensus import Floats, popularity
from aggregation.pairs import Pairs, few_cells


def lay_out_in_order(answers: Answers) -> tuple[Pairs, Floats] | None:
    """Return what `Pairs.of` and `vote_shares` do; nothing if answers are not by item, worker, label."""
    items, workers, labels = len(answers.items), len(answers.workers), len(answers.labels)
    if not few_cells(workers * labels, len(answers)):
        return None
    given, start = np.zeros(workers * labels, dtype=np.int64), np.zeros(items + 1, dtype=np.int64)
    shares = np.zeros((items, labels))
    if not _count(answers.item, answers.worker, answers.label, given, start, shares):
        return None
    np.cumsum(start, out=start)
    observed, place = np.flatnonzero(given), np.cumsum(given > 0, dtype=np.int32) - 1
    code = np.empty(len(answers), dtype=np.int32)
    _encode(answers.worker, answers.label, place, labels, code)
    _divide(shares, start)
    shares[start[1:] == start[:-1]] = popularity(answers)
    return Pairs.ordered(start, code, observed, given[observed], (items, workers, labels)), shares


@compiled
def _count(
    item: Codes,
    worker: Codes,
    label: Codes,
    given: NDArray[np.int64],
    start: NDArray[np.int64],
    votes: Floats,
) -> bool:
    """Count answers by worker and label, by item, by item and label; return whether they are in order."""
    in_order, labels, last_item, last_cell = True, votes.shape[1], 0, 0
    for n in range(len(item)):
        here, cell = item[n], worker[n] * labels + label[n]
        in_order &= (here > last_item) | ((here == last_item) & (cell >= last_cell))
        last_item, last_cell = here, cell
        given[cell] += 1
        start[here + 1] += 1
        votes[here, label[n]] += 1.0
    return in_order


@compiled
def _encode(worker: Codes, label: Codes, place: Codes, labels: int, code: Codes) -> None:
    for n in range(len(code)):
        code[n] = place[worker[n] * labels + label[n]]


@compiled
def _divide(votes: Floats, start: NDArray[np.int64]) -> None:
    for item in range(len(votes)):
        total = max(start[item + 1] - start[item], 1)
        for k in range(votes.shape[1]):
            votes[item, k] /= total
