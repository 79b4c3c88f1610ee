"""Workers who agree more than the truth explains: copies of each other, or of one source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.consensus import Consensus

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
# Items two workers must share before anything is said of them.
COMMON = 8
# Standard errors beyond what independent errors give; with thousands of pairs some reach 3 by chance.
EXCESS = 4.0
# Pairs of answers looked at; more items than that takes are passed over.
MOST_PAIRS = 500_000


@dataclass(frozen=True, slots=True)
class Pair:
    """Two workers who agree too often."""

    one: str
    other: str
    common: int
    agreed: int
    expected: float
    excess: float
    """Standard errors above what their matrices and the posterior give."""


@dataclass(frozen=True, slots=True)
class Rings:
    """Pairs by excess, the worst first, and the groups that they join."""

    pairs: tuple[Pair, ...]
    groups: tuple[tuple[str, ...], ...]
    """Largest first; workers by name."""
    share: float
    """Of all answers, those given by members of a group."""


def rings(answers: Answers, consensus: Consensus, *, common: int = COMMON, excess: float = EXCESS) -> Rings:
    """Find workers whose errors are not their own.

    On each item two independent workers agree with a probability that follows from its posterior and their
    confusion matrices. A ring of more than about a quarter of all answers moves the posterior itself and
    hides from this test: then only gold tells.

    Args:
        answers: The answers, ordered by item.
        consensus: What any method made of them.
        common: Items two workers must share.
        excess: Standard errors from which agreement is called too much.
    """
    one, other, agreed, expected, spread = _pairs(_thinned(answers), consensus)
    key = one * len(answers.workers) + other
    distinct, place = np.unique(key, return_inverse=True)
    count = np.bincount(place, minlength=len(distinct))
    seen, told, error = (
        np.bincount(place, values, minlength=len(distinct)) for values in (agreed, expected, spread)
    )
    score = (seen - told) / np.sqrt(np.maximum(error, 1e-9))
    found = np.flatnonzero((count >= common) & (score > excess))
    found = found[np.argsort(-score[found], kind="stable")]
    width = max(len(answers.workers), 1)
    ends = np.stack([distinct[found] // width, distinct[found] % width], axis=1)
    pairs = tuple(
        Pair(
            answers.workers[ends[row, 0]],
            answers.workers[ends[row, 1]],
            int(count[at]),
            int(seen[at]),
            float(told[at]),
            float(score[at]),
        )
        for row, at in enumerate(found.tolist())
    )
    return Rings(pairs, *_groups(answers, ends))


def _thinned(answers: Answers) -> Answers:
    """Return the answers to every so many items only, where all of them would be too many pairs."""
    size = np.bincount(answers.item, minlength=len(answers.items))
    every = int(np.ceil((size * (size - 1) / 2).sum() / MOST_PAIRS))
    if every <= 1:
        return answers
    kept = answers.item % every == 0
    return replace(answers, item=answers.item[kept], worker=answers.worker[kept], label=answers.label[kept])


def _pairs(answers: Answers, consensus: Consensus) -> tuple[Codes, Codes, Floats, Floats, Floats]:
    """Return for every two answers to one item the workers, whether they agree, how likely, the variance."""
    parts = list(_apart(answers, consensus))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else [np.zeros(0)] * 5
    one, other = columns[0].astype(np.int64), columns[1].astype(np.int64)
    return one, other, columns[2], columns[3], columns[4]


def _apart(answers: Answers, consensus: Consensus) -> Iterator[tuple[Floats, ...]]:
    """Yield the pairs of answers that stand so many rows apart, for every distance that an item has."""
    distance = 1
    while distance < len(answers):
        first = np.flatnonzero(answers.item[distance:] == answers.item[:-distance])
        if not len(first):
            return
        second = first + distance
        one = np.minimum(answers.worker[first], answers.worker[second])
        other = np.maximum(answers.worker[first], answers.worker[second])
        agreed = (answers.label[first] == answers.label[second]).astype(np.float64)
        expected = _expected(consensus, answers.item[first], one, other)
        yield one, other, agreed, expected, expected * (1.0 - expected)
        distance += 1


def _expected(consensus: Consensus, item: Any, one: Any, other: Any) -> Floats:  # noqa: ANN401 - any codes
    """Return how likely two workers agree on an item; from skill alone where there are no matrices."""
    if consensus.matrices is not None:
        same = np.einsum("nkl,nkl->nk", consensus.matrices[one], consensus.matrices[other])
        return np.asarray(np.einsum("nk,nk->n", consensus.posterior[item], same), dtype=np.float64)
    wrong = max(len(consensus.labels) - 1, 1)
    skill = np.nan_to_num(consensus.skill, nan=1.0 / (wrong + 1))
    right, left = skill[one], skill[other]
    return np.asarray(right * left + (1.0 - right) * (1.0 - left) / wrong, dtype=np.float64)


def _groups(answers: Answers, ends: Codes) -> tuple[tuple[tuple[str, ...], ...], float]:
    """Join pairs that share a worker; return the groups and their share of the answers."""
    leader = {worker: worker for worker in np.unique(ends).tolist()}

    def find(worker: int) -> int:
        while leader[worker] != worker:
            worker = leader[worker]
        return worker

    for one, other in ends.tolist():
        leader[find(one)] = find(other)
    members: dict[int, list[int]] = {}
    for worker in sorted(leader):
        members.setdefault(find(worker), []).append(worker)
    groups = sorted(members.values(), key=lambda group: (-len(group), group))
    inside = np.isin(answers.worker, list(leader)).mean() if len(answers) else 0.0
    named = tuple(tuple(answers.workers[worker] for worker in group) for group in groups)
    return named, float(inside)
