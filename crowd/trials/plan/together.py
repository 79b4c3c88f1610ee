"""Many ways to buy without gold, simulated together: every item is watched as its answers come in, once.

A way to buy is then a place to stop: the first at which an item wants no more, judged when every item has so
many answers. What wants more after all, judged by what was bought, is asked about again, as in the loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.consensus import Consensus
from aggregation.registry import aggregate
from crowd.trials.plan.supply import Supply
from crowd.trials.plan.worth import Bought, expected, hold
from qc.decide import MORE, Policy, decide_all

# A share of the items below which it is not worth the time to look again.
FEW: Final = 0.01
Counts = NDArray[np.int64]
Seen = tuple[Answers, Consensus]


def together(supply: Supply, policies: Sequence[Policy]) -> list[Bought]:
    """Return what each way to buy comes to, in their order."""
    had = np.diff(supply.start)
    most = max(policy.overlap if policy.fixed else policy.max_answers for policy in policies)
    seen = {wave: _conclude(supply, np.minimum(wave, had)) for wave in range(1, min(most, had.max()) + 1)}
    come_to: dict[Policy, Bought] = {}
    before: Policy | None = None  # goes on where this one stopped, if it was sooner content
    stop: Counts = np.zeros_like(had)
    for policy in sorted(set(policies), key=_strictness):
        if policy.fixed:
            stop = np.minimum(policy.overlap, had)
            found = seen[min(policy.overlap, max(seen))][1]
        else:
            first = _stops(policy, seen, had)
            is_alike = before is not None and _strictness(before)[:-1] == _strictness(policy)[:-1]
            stop, found = _settled(supply, policy, np.maximum(first, stop) if is_alike else first)
        before = policy
        come_to[policy] = hold(supply, found, answers=int(stop.sum()))
    return [come_to[policy] for policy in policies]


def _strictness(policy: Policy) -> tuple[float, ...]:
    """Return what sorts policies that differ in what contents them alone, the soonest content first."""
    if policy.fixed:
        return (0, policy.overlap)
    if policy.least_gain is None:
        return (1, policy.min_answers, policy.max_answers, policy.confidence or 0.0)
    return (2, policy.min_answers, policy.max_answers, policy.confidence or 0.0, -policy.least_gain)


def _stops(policy: Policy, seen: Mapping[int, Seen], had: Counts) -> Counts:
    """Return how many answers each item has when first it wants no more."""
    stop = had.copy()
    for wave in sorted(seen, reverse=True):
        stop = np.where(_wants(policy, seen[wave], np.full(len(had), wave)), stop, np.minimum(wave, had))
    return stop


def _settled(supply: Supply, policy: Policy, stop: Counts) -> tuple[Counts, Consensus]:
    """Ask again about what wants more after all, now that others have stopped, until hardly any does."""
    had = np.diff(supply.start)
    while True:
        seen = _conclude(supply, stop)
        again = _wants(policy, seen, stop) & (stop < had)
        if again.mean() < FEW:
            return stop, seen[1]
        stop = stop + again


def _wants(policy: Policy, seen: Seen, votes: Counts) -> NDArray[np.bool_]:
    answers, found = seen
    left = np.maximum(policy.max_answers - votes, 0)
    gain = np.inf if policy.least_gain is None else expected(answers, found, left)
    return np.asarray(decide_all(votes, found.confidence, policy, gain=gain) == MORE)


def _conclude(supply: Supply, stop: Counts) -> Seen:
    """Aggregate the first so many answers of each item."""
    item = np.repeat(np.arange(supply.items), np.diff(supply.start))
    rows = np.flatnonzero(np.arange(len(item)) - supply.start[item] < stop[item])
    rows = rows[np.lexsort((supply.worker[rows], item[rows]))]
    sizes = supply.items, len(supply.matrices), supply.labels
    answers = Answers(
        item[rows].astype(np.int32),
        supply.worker[rows],
        supply.label[rows],
        *(tuple(map(str, range(size))) for size in sizes),
    )
    return answers, aggregate(answers)
