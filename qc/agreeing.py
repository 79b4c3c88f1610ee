"""How often every two workers agree, and how often they would if each looked by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.dawid_skene import DENSE_LIMIT

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Marks = NDArray[np.bool_]
# Pairs of answers looked at; more items than that takes are passed over.
MOST_PAIRS = 500_000
# Answers that the matrix of the whole crowd counts for in each row of a worker's.
SHRINK = 2.0
LEAST_VARIANCE = 1e-9
# Numbers of matrices that are looked at together.
BLOCK = 2_000_000


@dataclass(frozen=True, slots=True)
class Agreement:
    """All pairs of workers with an item in common, each an entry of every array."""

    one: Codes
    other: Codes
    common: Codes
    """Items both answered."""
    agreed: Codes
    """Those on which they said the same."""
    expected: Floats
    """Those on which they would."""
    variance: Floats
    """Of what is expected."""

    @property
    def pair(self) -> Codes:
        """Return one number for each pair, the same in every table of these workers."""
        return self.one << 32 | self.other

    @property
    def excess(self) -> Floats:
        """Return how many standard errors more they agree than expected."""
        return np.asarray((self.agreed - self.expected) / np.sqrt(self.variance), dtype=np.float64)


def agreement(answers: Answers, posterior: Floats, heard: Marks) -> Agreement:
    """Compare how often two workers agree with what follows from a posterior and their confusion matrices.

    Args:
        answers: The answers, ordered by item.
        posterior: (I, K) how likely each label is the true one, by the answers of those who are heard.
        heard: (W,) those workers; what only others answered is passed over.
    """
    told = np.bincount(answers.item, heard[answers.worker], minlength=len(answers.items)) > 0
    seen = _only(answers, told[answers.item])
    parts = list(_apart(seen, posterior, _matrices(seen, posterior, heard)))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else [np.zeros(0)] * 4
    one, other, same, likely = columns
    width = max(len(answers.workers), 1)
    pair, place = np.unique((one * width + other).astype(np.int64), return_inverse=True)

    def total(values: Floats) -> Floats:
        return np.bincount(place, values, minlength=len(pair)).astype(np.float64)

    return Agreement(
        one=pair // width,
        other=pair % width,
        common=np.bincount(place, minlength=len(pair)),
        agreed=total(same).astype(np.int64),
        expected=total(likely),
        variance=np.maximum(total(likely * (1.0 - likely)), LEAST_VARIANCE),
    )


def thinned(answers: Answers) -> Answers:
    """Return the answers to every so many items only, where all of them would be too many pairs."""
    size = np.bincount(answers.item, minlength=len(answers.items))
    every = int(np.ceil((size * (size - 1) / 2).sum() / MOST_PAIRS))
    return answers if every <= 1 else _only(answers, answers.item % every == 0)


def of_workers(answers: Answers, workers: Marks) -> Answers:
    """Return the answers of some workers; items and workers keep their places."""
    return _only(answers, workers[answers.worker])


def _only(answers: Answers, kept: Marks) -> Answers:
    return replace(answers, item=answers.item[kept], worker=answers.worker[kept], label=answers.label[kept])


def _matrices(answers: Answers, posterior: Floats, heard: Marks) -> Floats:
    """Return (W, K, K) confusion matrices, shrunken toward that of all who are heard; (W,) skills if many."""
    from scipy import sparse

    workers, labels = len(answers.workers), len(answers.labels)
    given = np.bincount(answers.worker, minlength=workers)
    if workers * labels**2 > DENSE_LIMIT:
        right = np.bincount(answers.worker, posterior[answers.item, answers.label], workers)
        return np.asarray((right + SHRINK / labels) / (given + SHRINK), dtype=np.float64)
    cell = answers.worker.astype(np.int64) * labels + answers.label
    rows = (np.ones(len(cell)), (cell, answers.item))
    gathered = sparse.csr_array(rows, shape=(workers * labels, len(answers.items))) @ posterior
    counts = np.asarray(gathered).reshape(workers, labels, labels).transpose(0, 2, 1)
    crowd = counts[heard].sum(axis=0) + 1.0 / labels
    counts = counts + SHRINK * crowd / crowd.sum(axis=1, keepdims=True)
    return np.asarray(counts / counts.sum(axis=2, keepdims=True), dtype=np.float64)


def _apart(answers: Answers, posterior: Floats, matrices: Floats) -> Iterator[tuple[Codes | Floats, ...]]:
    """Yield pairs of answers to one item: the two workers, whether they agree, how likely that is."""
    rows = max(BLOCK // max(matrices[:1].size, 1), 1)
    for first, second in _rows_apart(answers):
        for begin in range(0, len(first), rows):
            here, there = first[begin : begin + rows], second[begin : begin + rows]
            one = np.minimum(answers.worker[here], answers.worker[there]).astype(np.int64)
            other = np.maximum(answers.worker[here], answers.worker[there]).astype(np.int64)
            agreed = (answers.label[here] == answers.label[there]).astype(np.float64)
            yield one, other, agreed, _likely(posterior[answers.item[here]], matrices[one], matrices[other])


def _rows_apart(answers: Answers) -> Iterator[tuple[Codes, Codes]]:
    """Yield rows of one item that stand so far apart, for every distance that an item has."""
    distance = 1
    while distance < len(answers):
        first = np.flatnonzero(answers.item[distance:] == answers.item[:-distance])
        if not len(first):
            return
        yield first, first + distance
        distance += 1


def _likely(truth: Floats, one: Floats, other: Floats) -> Floats:
    """Return how likely two independent workers agree, from their matrices or their skills."""
    if one.ndim == 3:
        return np.asarray(np.einsum("nk,nkl,nkl->n", truth, one, other), dtype=np.float64)
    both_wrong = (1.0 - one) * (1.0 - other) / max(truth.shape[1] - 1, 1)
    return np.asarray(one * other + both_wrong, dtype=np.float64)
