"""The layout behind the fast fits: answers by item, each the code of an observed (worker, label) pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers, Codes
from aggregation.consensus import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from aggregation.history import Cells

# Numbers of a table that are worked on at a time, so that several steps read them from memory once.
IN_CACHE = 2**16


@dataclass(frozen=True, slots=True)
class Pairs:
    """P observed pairs ordered by worker and label; tables over them are (P, K), never workers x K x K."""

    start: NDArray[np.int64]
    """(I + 1,) where the answers of each item begin in `code`."""
    code: Codes
    """(N,) pair of each answer, answers ordered by item and pair."""
    worker: Codes
    """(P,) worker of each pair."""
    label: Codes
    """(P,) label of each pair."""
    given: Floats
    """(P,) answers of each pair, those of the past included."""
    first: NDArray[np.int64]
    """(V,) first pair of each worker who answered."""
    shape: tuple[int, int, int]
    """Items, workers, labels."""

    @classmethod
    def of(cls, answers: Answers, past: Cells | None = None) -> Pairs:
        """Lay out answers with counting sorts: linear in their number, and the same for any order of rows.

        Pairs that only the past has seen are there too, without an answer.
        """
        items, workers, labels = len(answers.items), len(answers.workers), len(answers.labels)
        cell = answers.worker.astype(np.int64) * labels + answers.label
        together = cell if past is None else np.concatenate((cell, past.cell))
        observed, code, given = _compact(together, workers * labels)
        if past is not None:
            weights = np.concatenate((np.ones(len(cell)), past.count))
            given = np.bincount(code, weights, minlength=len(observed))
            code = code[: len(cell)]
        if not _ordered(answers.item, code):
            by_pair, _ = counting_sort(code, len(observed))
            by_item, _ = counting_sort(answers.item[by_pair], items)
            code = code[by_pair][by_item]
        start = np.append(0, np.cumsum(np.bincount(answers.item, minlength=items)))
        return cls.ordered(start, code, observed, given, (items, workers, labels))

    @classmethod
    def ordered(
        cls,
        start: NDArray[np.int64],
        code: Codes,
        observed: NDArray[np.int64],
        given: NDArray[np.int64] | Floats,
        shape: tuple[int, int, int],
    ) -> Pairs:
        """Return the pairs of answers that are in order; `observed` is worker * labels + label, ascending."""
        labels = max(shape[2], 1)
        worker = (observed // labels).astype(np.int32)
        return cls(
            start=start,
            code=code,
            worker=worker,
            label=(observed % labels).astype(np.int32),
            given=given.astype(np.float64),
            first=np.flatnonzero(np.diff(worker, prepend=-1)),
            shape=shape,
        )

    @property
    def cells(self) -> NDArray[np.int64]:
        """(P,) worker and label of each pair, as one number; ascending."""
        return self.worker.astype(np.int64) * self.shape[2] + self.label

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(I,) whether an item has an answer."""
        return self.start[1:] > self.start[:-1]

    def by_worker(self, values: Floats) -> Floats:
        """Sum (P, ...) values over the pairs of each worker and give every pair its worker's sum."""
        if not len(self.first):
            return values
        sizes = np.diff(self.first, append=len(self.worker))
        return np.repeat(np.add.reduceat(values, self.first, axis=0), sizes, axis=0)

    def parts(self) -> Iterator[tuple[slice, NDArray[np.int64]]]:
        """Yield the pairs of as many whole workers as stay in cache, and where each of these begins there."""
        bounds = np.append(self.first, len(self.worker))
        rows = max(IN_CACHE // max(self.shape[2], 1), 1)
        starts = np.searchsorted(self.first, np.arange(0, len(self.worker), rows))
        for begin, end in pairwise(np.unique(np.append(starts, len(self.first))).tolist()):
            yield slice(bounds[begin], bounds[end]), bounds[begin:end] - bounds[begin]

    def label_sums(self) -> csr_array:
        """Return the (K, P) matrix that sums pairs by their label."""
        from scipy import sparse

        size = len(self.label)
        return sparse.csr_array((np.ones(size), (self.label, np.arange(size))), shape=(self.shape[2], size))


Divide = Callable[[Pairs, Floats, float, float], None]
"""Make each worker's counts into shares, in place: `smoothing` more in every cell, none below `clip`."""


def divide_by_worker(pairs: Pairs, counts: Floats, smoothing: float, clip: float) -> None:
    """Make counts into shares with NumPy."""
    unseen = smoothing * pairs.shape[2]
    for part, first in pairs.parts():
        here = counts[part]
        given = np.add.reduceat(here, first, axis=0) + unseen if smoothing else None
        np.maximum(here, clip, out=here)
        rows = np.add.reduceat(here, first, axis=0) if given is None else given
        here += smoothing
        here /= np.repeat(rows, np.diff(first, append=len(here)), axis=0)


def counting_sort(keys: Codes, size: int) -> tuple[Codes, NDArray[np.int64]]:
    """Return the stable order of keys in 0..size-1 and where each key begins, in linear time."""
    from scipy import sparse

    # The column form of a matrix with one entry per row lists the rows of each column: a counting sort in C.
    ones = np.ones(len(keys), dtype=np.int8)
    rows = np.arange(len(keys) + 1, dtype=np.int32)
    columns = sparse.csr_array((ones, keys, rows), shape=(len(keys), size)).tocsc()
    return columns.indices, columns.indptr.astype(np.int64)


def _ordered(item: Codes, code: Codes) -> bool:
    """Return whether answers already stand by item and pair, as `Answers.from_columns` leaves them."""
    step = np.diff(item)
    return bool(np.all((step > 0) | ((step == 0) & (np.diff(code) >= 0))))


def few_cells(size: int, answers: int) -> bool:
    """Return whether a count of every worker and label, observed or not, takes little beside the answers."""
    return size <= 16 * answers + 1_000_000


def _compact(cell: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], Codes, NDArray[np.int64]]:
    """Return the distinct cells in order, each answer's place among them, and their counts."""
    if not few_cells(size, len(cell)):
        observed, code, given = np.unique(cell, return_inverse=True, return_counts=True)
        return observed, code.astype(np.int32), given
    counts = np.bincount(cell, minlength=size)
    observed = np.flatnonzero(counts)
    place = np.cumsum(counts > 0, dtype=np.int32) - 1
    return observed, place[cell].astype(np.int32), counts[observed]
