"""The answers a simulated project can buy: recorded ones in a random order, or those of a stated crowd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN, Answers, Codes
from aggregation.consensus import Consensus
from workers.simulated import Group, crew

Floats = NDArray[np.float64]

# A stated crowd is asked this often about an item at most, however many its policies would like.
MOST_ANSWERS = 15
# An item that tells people little: half of the answers to it come from habit.
HARDNESS = 0.5
# Answers that the crowd's own confusions count for in each row of a worker's matrix.
PRIOR_ANSWERS = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """N answers that can be had, sorted by item; within an item they come in this order."""

    start: NDArray[np.int64]
    """(I + 1,) where the answers of each item begin."""
    worker: Codes
    label: Codes
    belief: Floats
    """(I, K) how probable each label is in truth; rows of nan where an item cannot be judged."""
    matrices: Floats
    """(W, K, K) how workers answer (last axis) a gold question of each label."""

    @property
    def items(self) -> int:
        """Return the number of items."""
        return len(self.start) - 1

    @property
    def labels(self) -> int:
        """Return the number of labels."""
        return len(self.matrices[0])


class Source(Protocol):
    """Where supplies come from; every draw is another run of chance."""

    @property
    def size(self) -> int:
        """Return the number of items there are."""

    def draw(self, size: int, rng: np.random.Generator) -> Supply:
        """Draw the answers to so many items."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSource:
    """Recorded answers; a draw takes some of the items and shuffles their answers."""

    answers: Answers
    belief: Floats
    matrices: Floats

    @classmethod
    def of(cls, answers: Answers, truth: Codes, full: Consensus) -> RecordedSource:
        """Judge by the truth where there is any, else by what all recorded answers say together.

        Args:
            answers: What was recorded.
            truth: (I,) label codes, -1 where unknown.
            full: The consensus of all answers.
        """
        known = truth != UNKNOWN
        belief = full.posterior.copy()
        if known.any():
            belief[:] = np.nan
            belief[known] = np.eye(len(answers.labels))[truth[known]]
        soft = np.where(np.isnan(belief), full.posterior, belief)
        return cls(answers, belief, _matrices(answers, soft))

    @property
    def size(self) -> int:
        """Return the number of items."""
        return len(self.answers.items)

    def draw(self, size: int, rng: np.random.Generator) -> Supply:
        """Draw items without replacement, and an order of the answers of each."""
        chosen = np.sort(rng.choice(self.size, min(size, self.size), replace=False))
        place = np.full(self.size, -1)
        place[chosen] = np.arange(len(chosen))
        rows = rng.permutation(len(self.answers))
        rows = rows[place[self.answers.item[rows]] >= 0]
        rows = rows[np.argsort(place[self.answers.item[rows]], kind="stable")]
        counts = np.bincount(place[self.answers.item[rows]], minlength=len(chosen))
        return Supply(
            np.concatenate([[0], np.cumsum(counts)]),
            self.answers.worker[rows],
            self.answers.label[rows],
            self.belief[chosen],
            self.matrices,
        )


@dataclass(frozen=True, slots=True)
class StatedSource:
    """A crowd as somebody imagines it; every draw makes other people of the same kinds."""

    groups: Sequence[Group]
    size: int
    people: int
    labels: int = 2
    shares: Sequence[float] | None = None  # how common the labels are; equally, unless given
    hard: float = 0.0  # share of items that tell people little

    def draw(self, size: int, rng: np.random.Generator) -> Supply:
        """Make people and items, as many people for each item as in the whole project."""
        items = min(size, self.size)
        most = min(MOST_ANSWERS, self.people)
        persons = crew(self.groups, max(most, round(self.people * items / self.size)), self.labels, rng)
        matrices = np.stack([person.matrix for person in persons])
        shares = np.full(self.labels, 1 / self.labels) if self.shares is None else np.array(self.shares)
        truth = rng.choice(self.labels, items, p=shares / shares.sum())
        difficulty = np.where(rng.random(items) < self.hard, HARDNESS, 0.0)
        worker = np.argsort(rng.random((items, len(persons))), axis=1)[:, :most]
        rows = matrices[worker, truth[:, None]]
        habits = matrices.mean(axis=1)[worker]
        rows = (1 - difficulty)[:, None, None] * rows + difficulty[:, None, None] * habits
        label = (rng.random((items, most, 1)) > rows.cumsum(axis=2)[:, :, :-1]).sum(axis=2)
        return Supply(
            np.arange(items + 1) * most,
            worker.ravel().astype(np.int32),
            label.ravel().astype(np.int32),
            np.eye(self.labels)[truth],
            matrices,
        )


def _matrices(answers: Answers, belief: Floats) -> Floats:
    """Return how each worker answers, by the truth as far as it is known, shrunk to the crowd."""
    workers, labels = len(answers.workers), len(answers.labels)
    counts = np.zeros((workers, labels, labels))
    for label in range(labels):
        np.add.at(counts[:, label], (answers.worker, answers.label), belief[answers.item, label])
    pooled = counts.sum(axis=0) + 0.5
    counts += PRIOR_ANSWERS * pooled / pooled.sum(axis=1, keepdims=True)
    return np.asarray(counts / counts.sum(axis=2, keepdims=True), dtype=np.float64)
