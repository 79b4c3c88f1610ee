"""What workers did before, as imagined answers: their past confusion matrices, faded, join the new ones.

A matrix of counts is the conjugate prior of a worker's rows (Dirichlet), so that a worker known from a
thousand past answers is believed from the first new one, and one who changed is relearned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.consensus import Consensus, Floats


@dataclass(frozen=True, slots=True)
class History:
    """Past answers by worker, truth and answer; R rows, each of them once."""

    worker: tuple[str, ...]
    """(R,) who answered."""
    truth: tuple[str, ...]
    """(R,) what was concluded."""
    answer: tuple[str, ...]
    """(R,) what they said."""
    count: Floats
    """(R,) how often, in expectation."""

    def __post_init__(self) -> None:
        """Refuse columns of unequal length and counts that are none."""
        if not len(self.worker) == len(self.truth) == len(self.answer) == len(self.count):
            raise ValueError("history: its columns have unequal lengths")
        if not (np.isfinite(self.count) & (self.count >= 0)).all():
            raise ValueError("history: a count must be a number, and not below 0")

    def faded(self, decay: float) -> History:
        """Return the same history where an answer counts for `decay` of one: work of long ago says less."""
        if not 0 <= decay <= 1:
            raise ValueError(f"decay: {decay} given; it must lie between 0 and 1")
        return replace(self, count=self.count * decay)

    def with_more(self, other: History) -> History:
        """Return both histories as one."""
        sums: dict[tuple[str, str, str], float] = defaultdict(float)
        for part in (self, other):
            for worker, truth, answer, count in part.rows():
                sums[worker, truth, answer] += count
        cells = sorted(sums)
        return History(
            tuple(worker for worker, _, _ in cells),
            tuple(truth for _, truth, _ in cells),
            tuple(answer for _, _, answer in cells),
            np.array([sums[cell] for cell in cells], dtype=np.float64),
        )

    def rows(self) -> Iterator[tuple[str, str, str, float]]:
        """Yield worker, truth, answer and count."""
        return zip(self.worker, self.truth, self.answer, self.count.tolist(), strict=True)


def of(answers: Answers, consensus: Consensus) -> History:
    """Return what a consensus says its workers did: each answer counts by how likely each label is true."""
    labels = len(answers.labels)
    cell = answers.worker.astype(np.int64) * labels + answers.label
    observed, place = np.unique(cell, return_inverse=True)
    counts = np.zeros((len(observed), labels))
    np.add.at(counts, place, consensus.posterior[answers.item])
    row, truth = np.nonzero(counts)
    names = np.array(answers.labels, dtype=object)
    return History(
        tuple(np.array(answers.workers, dtype=object)[observed[row] // labels]),
        tuple(names[truth]),
        tuple(names[observed[row] % labels]),
        counts[row, truth],
    )


@dataclass(frozen=True, slots=True)
class Cells:
    """A history in the codes of some answers; what concerns neither their workers nor labels is left out."""

    cell: NDArray[np.int64]
    """(R,) worker and answer, as one number."""
    truth: NDArray[np.int64]
    count: Floats

    @classmethod
    def of(cls, history: History, answers: Answers) -> Cells:
        """Look up names."""
        workers = {name: code for code, name in enumerate(answers.workers)}
        labels = {name: code for code, name in enumerate(answers.labels)}
        rows = [
            (workers[worker] * len(labels) + labels[answer], labels[truth], count)
            for worker, truth, answer, count in history.rows()
            if worker in workers and truth in labels and answer in labels
        ]
        cell, truth, count = zip(*rows, strict=True) if rows else ((), (), ())
        return cls(np.array(cell, np.int64), np.array(truth, np.int64), np.array(count, np.float64))

    def table(self, cells: NDArray[np.int64], labels: int) -> Floats:
        """Return the counts as a (P, K) table over pairs whose cells are given, in order."""
        table = np.zeros((len(cells), labels))
        np.add.at(table, (np.searchsorted(cells, self.cell), self.truth), self.count)
        return table
