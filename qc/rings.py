"""Workers who agree more than the truth explains: copies of each other, or of one source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aggregation.answers import Answers
from aggregation.registry import aggregate
from qc.agreeing import Agreement, Codes, Floats, Marks, agreement, of_workers, thinned

# Items two workers must share before anything is said of them.
COMMON = 8
# Standard errors beyond what independent errors give; with thousands of pairs some reach 3 by chance.
EXCESS = 4.0
# Not listened to at first: pairs beyond this excess over plain votes, up to this share of the answers.
DOUBTED, MOST_DOUBTED = 2.5, 1 / 3
# Standard errors by which an explanation must be the better one, over pairs.
CLEARLY = 2.0
METHOD = "dawid-skene-hierarchical"


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


def rings(answers: Answers, *, common: int = COMMON, excess: float = EXCESS) -> Rings:
    """Find workers whose errors are not their own.

    On each item two independent workers agree with a probability that follows from what is true of it and
    from their confusion matrices. A ring of a quarter of all answers is taken for the truth where it is
    asked for it, and makes the honest look as if they conspired; good workers in a bad crowd look like a ring
    where they are not asked. So both is tried, and believed what explains the agreement of all others better.

    Args:
        answers: The answers, ordered by item.
        common: Items two workers must share.
        excess: Standard errors from which agreement is called too much.
    """
    table = _explained(thinned(answers))
    score = table.excess
    found = np.flatnonzero((table.common >= common) & (score > excess))
    found = found[np.argsort(-score[found], kind="stable")]
    pairs = tuple(
        Pair(
            answers.workers[table.one[at]],
            answers.workers[table.other[at]],
            int(table.common[at]),
            int(table.agreed[at]),
            float(table.expected[at]),
            float(score[at]),
        )
        for at in found.tolist()
    )
    return Rings(pairs, *_groups(answers, np.stack([table.one[found], table.other[found]], axis=1)))


def _explained(answers: Answers) -> Agreement:
    """Return the agreement, told by all workers or by all but those who then agree too much."""
    nobody = np.zeros(len(answers.workers), dtype=bool)
    all_heard = _without(answers, nobody)
    doubted = _doubted(answers)
    if not doubted.any():
        return all_heard
    accused = _accused(_without(answers, doubted), len(nobody))
    if not accused.any():
        return all_heard
    some_heard = _without(answers, accused)
    return some_heard if _explains_better(some_heard, all_heard, accused) else all_heard


def _without(answers: Answers, left_out: Marks) -> Agreement:
    """Return the agreement, where what is true is told by all but some."""
    posterior = aggregate(of_workers(answers, ~left_out), METHOD).posterior
    return agreement(answers, posterior, ~left_out)


def _doubted(answers: Answers) -> Marks:
    """Return who agrees most beyond what the votes explain, up to a third of the answers."""
    everybody = np.ones(len(answers.workers), dtype=bool)
    table = agreement(answers, aggregate(answers, "majority").posterior, everybody)
    score, doubted = table.excess, ~everybody
    share = np.bincount(answers.worker, minlength=len(everybody)) / max(len(answers), 1)
    suspicious = np.flatnonzero((table.common >= COMMON) & (score > DOUBTED))
    for at in suspicious[np.argsort(-score[suspicious], kind="stable")].tolist():
        more = doubted.copy()
        more[[table.one[at], table.other[at]]] = True
        if share[more].sum() <= MOST_DOUBTED:
            doubted = more
    return doubted


def _accused(table: Agreement, workers: int) -> Marks:
    found = (table.common >= COMMON) & (table.excess > EXCESS)
    accused = np.zeros(workers, dtype=bool)
    accused[table.one[found]] = accused[table.other[found]] = True
    return accused


def _explains_better(new: Agreement, old: Agreement, accused: Marks) -> bool:
    """Compare how well the agreement of all pairs is explained, but of those within the accused."""
    _, here, there = np.intersect1d(new.pair, old.pair, assume_unique=True, return_indices=True)
    counted = (new.common[here] >= COMMON) & ~(accused[new.one[here]] & accused[new.other[here]])
    gain = (_misfit(old)[there] - _misfit(new)[here])[counted]
    return bool(gain.sum() > CLEARLY * np.sqrt((gain**2).sum()))


def _misfit(table: Agreement) -> Floats:
    return np.asarray(np.minimum(np.abs(table.excess), EXCESS) ** 2, dtype=np.float64)


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
