"""Recorded answers bought again, one by one, as a policy wants them; used by bench/cost.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from _arrivals import claimed
from _best import best_gains
from _recorded import Recorded

from aggregation.answers import UNKNOWN, Answers
from aggregation.consensus import Floats, popularity
from aggregation.dawid_skene import DIAGONAL, hierarchical
from aggregation.em import Fit, Maximise, Problem, fit
from aggregation.one_coin import coin
from aggregation.panel import COIN, COIN_WEIGHT, INFORMED, JUDGED_FROM, PRECISION, VOTES_WEIGHT, informedness
from aggregation.tilted import Tilted
from qc.gain import Evidence, confusions, evidence, gains, sobered
from qc.routing import information, poor, proven

# Between waves a fit goes on from the last one: this many passes do.
COLD, WARM, STILL = 30, 8, 3e-3
STRENGTHS = (2.0, 8.0)
# Waves at one price: at least so many, and until this share of the items or less wants one more.
WAVES, FEW = 3, 0.02
# Whose answers are chosen must be known: an eighth of the items get three random answers each, first of all.
PARTS, PILOT = (0.125, 0.25, 0.5, 1.0), 3


class Shop:
    """A recorded set in one random order of answers; those bought so far are what a policy may see."""

    def __init__(self, recorded: Recorded, seed: int) -> None:
        answers = recorded.answers
        order = np.random.default_rng(seed).permutation(len(answers))
        order = order[np.argsort(answers.item[order], kind="stable")]
        self.recorded = recorded
        self.all = replace(
            answers, item=answers.item[order], worker=answers.worker[order], label=answers.label[order]
        )
        self.size = np.bincount(self.all.item, minlength=len(answers.items))
        self.redundancy = float(self.size.mean())
        # Who would pay for many answers an item buys some at a time.
        self.batch = max(round(self.redundancy / 20), 1)
        self.bought = np.zeros(len(answers), dtype=bool)
        self.barred = np.zeros(len(answers.workers), dtype=bool)
        self.rng = np.random.default_rng([seed, 3])
        self.withheld = np.zeros(len(answers), dtype=bool)
        self.idle = np.zeros(len(answers.workers), dtype=bool)
        self.place = np.random.default_rng([seed, 11]).permutation(len(self.size))

    @property
    def votes(self) -> np.ndarray:
        """(I,) answers bought that still count."""
        return np.bincount(self.all.item[self.counted], minlength=len(self.size))

    @property
    def counted(self) -> np.ndarray:
        return self.bought & ~self.barred[self.all.worker]

    @property
    def for_sale(self) -> np.ndarray:
        return ~self.bought & ~self.withheld & ~(self.barred | self.idle)[self.all.worker]

    @property
    def left(self) -> np.ndarray:
        """(I,) answers that can still be bought."""
        return np.bincount(self.all.item[self.for_sale], minlength=len(self.size))

    def answers(self) -> Answers:
        return self._kept(self.counted)

    def buy(self, wanted: np.ndarray, worth: Floats | None = None) -> int:
        """Buy one answer for each wanted item: the next to come, or the one worth most; return how many."""
        rows = np.flatnonzero(self.for_sale & wanted[self.all.item])
        if worth is not None:
            rows = rows[np.lexsort((-worth[rows], self.all.item[rows]))]
        _, first = np.unique(self.all.item[rows], return_index=True)
        self.bought[rows[first]] = True
        return len(first)

    def _kept(self, rows: np.ndarray) -> Answers:
        a = self.all
        return replace(a, item=a.item[rows], worker=a.worker[rows], label=a.label[rows])


@dataclass(frozen=True, slots=True)
class State:
    """What a policy knows after a wave: the posterior before calibration, and the workers' matrices."""

    posterior: Floats
    matrices: Floats


def look(answers: Answers, before: State | None = None) -> State:
    """Fit a small panel, warm from the last: two tilted models, one coin and the votes."""
    passes = COLD if before is None else WARM
    start = None if before is None else before.posterior
    problem = _problem(answers)
    shares = popularity(answers)
    step = hierarchical(problem.pairs, shares, strength=2.0, diagonal=DIAGONAL)
    found = _fit(problem, step, passes, start)
    kept = _informative(answers, problem, found)
    if kept is not answers:
        problem = _problem(kept)
    flat = shares**0.5
    parts = [
        _fit(
            problem, Tilted(problem.pairs, flat / flat.sum(), strength=s, precision=PRECISION), passes, start
        )
        for s in STRENGTHS
    ]
    one = _fit(problem, coin(problem.pairs, shares, strength=COIN, accuracy=DIAGONAL), passes, start)
    total = np.mean([part.posterior for part in parts], axis=0)
    total = (total + VOTES_WEIGHT * problem.start + COIN_WEIGHT * one.posterior) / (
        1 + VOTES_WEIGHT + COIN_WEIGHT
    )
    return State(total, confusions(answers, total))


def _problem(answers: Answers) -> Problem:
    return Problem.of(answers, np.full(len(answers.items), UNKNOWN, dtype=np.int32))


def _fit(problem: Problem, step: Maximise, passes: int, start: Floats | None) -> Fit:
    return fit(problem, step, max_iterations=passes, tolerance=STILL, start=start)


def _informative(answers: Answers, problem: Problem, found: Fit) -> Answers:
    given = np.bincount(answers.worker, minlength=len(answers.workers))
    silent = (informedness(problem.pairs, found.table) < INFORMED) & (given >= JUDGED_FROM)
    if not silent.any():
        return answers
    keep = ~silent[answers.worker]
    keep |= np.bincount(answers.item[keep], minlength=len(answers.items))[answers.item] == 0
    return replace(answers, item=answers.item[keep], worker=answers.worker[keep], label=answers.label[keep])


Wants = Callable[[Shop, State | None, float], np.ndarray]


def by_gain(shop: Shop, state: State | None, least: float) -> np.ndarray:
    """Want another answer where it gains at least so many right labels for the price of all of an item's.

    Whoever would pay for twenty answers an item values its label more than whoever would pay for three.
    """
    assert state is not None
    return _gains(shop, state) * shop.redundancy >= least


def by_best_gain(shop: Shop, state: State | None, least: float) -> np.ndarray:
    """Want the same where the next answer comes from whoever says most about the item."""
    assert state is not None
    sale = shop.for_sale
    belief = sobered(state.posterior, shop.votes, _crowd(shop, state))
    item, worker = shop.all.item[sale], shop.all.worker[sale]
    found = best_gains(state.posterior, belief, shop.votes, shop.left, state.matrices, item, worker)
    return found * shop.redundancy >= least


def _gains(shop: Shop, state: State) -> Floats:
    return gains(state.posterior, shop.votes, shop.left, _crowd(shop, state))


def _crowd(shop: Shop, state: State) -> Evidence:
    """Return what an answer says of those who have not been asked yet."""
    left = np.bincount(shop.all.worker[shop.for_sale], minlength=len(shop.all.workers))
    return evidence(state.matrices).mixed(left.astype(np.float64))


def by_margin(shop: Shop, state: State | None, least: float) -> np.ndarray:
    """Want another answer until the first label leads the second by so many votes."""
    del state
    labels, rows = max(len(shop.all.labels), 2), shop.counted
    cells = shop.all.item[rows].astype(np.int64) * labels + shop.all.label[rows]
    counts = np.bincount(cells, minlength=len(shop.size) * labels).reshape(-1, labels)
    counts.sort(axis=1)
    return counts[:, -1] - counts[:, -2] < least


def by_overlap(shop: Shop, state: State | None, least: float) -> np.ndarray:
    """Want so many answers for every item."""
    del state
    return shop.votes < least


# Whose answer an item gets next: the next one's in a random order, that of whoever says most about it, or of
# whoever comes and claims it, first come first served or as a project with `routing` serves them.
Taken = Literal["next", "best", "claimed", "routed"]


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule of buying and the levels it is tried at, in the order of what they cost."""

    wants: Wants
    levels: tuple[float, ...]
    learns: bool = False
    taken: Taken = "next"
    least: int = 2
    in_parts: bool = False
    """Whether items are opened part after part, so that most are answered by people who are known."""
    spares: bool = False
    """Whether who is found to say little is asked no more; what they said still counts."""


# At the first level nobody gets more than the least.
GAINS = (np.inf, 0.5, 0.25, 0.12, 0.06, 0.03, 0.016, 0.008)
ROUTED = Policy(by_best_gain, GAINS, learns=True, taken="best", in_parts=True, spares=True)
POLICIES = {
    "fixed overlap": Policy(by_overlap, (1, 2, 3, 4, 5, 7, 10)),
    "majority margin": Policy(by_margin, (1, 2, 3, 4, 6)),
    "gain": Policy(by_gain, GAINS, learns=True),
    "gain, poor spared": Policy(by_gain, GAINS, learns=True, in_parts=True, spares=True),
    "gain, routed": ROUTED,
    "gain, routed, from one": replace(ROUTED, least=1),
}
# What the setting `routing` of a project is worth, where workers come as they please.
CLAIMS = {
    "gain, claimed": Policy(by_gain, GAINS, learns=True, taken="claimed"),
    "gain, claims routed": Policy(by_gain, GAINS, learns=True, taken="routed"),
}


Eye = Callable[[Shop, State | None], State]


def people(shop: Shop, before: State | None) -> State:
    """See what people alone say."""
    return look(shop.answers(), before)


def walk(
    shop: Shop, policy: Policy, seen: Callable[[Shop, State | None, float], None], eye: Eye = people
) -> None:
    """Buy at falling levels in one walk, as a frontier is walked; `seen` is told the state at each."""
    state = _begin(shop, policy, eye)
    for level in policy.levels:
        wave, wanted = 0, policy.wants(shop, state, level)
        while wave < WAVES or wanted.mean() > FEW or not policy.learns:
            worth = _worth(shop, state, wanted, policy.taken)
            if not sum([shop.buy(wanted, worth) for _ in range(shop.batch if policy.learns else 1)]):
                break
            state = _seen(shop, policy, state, eye)
            wave, wanted = wave + 1, policy.wants(shop, state, level)
        seen(shop, state, level)


def _begin(shop: Shop, policy: Policy, eye: Eye) -> State | None:
    """Buy the least answers of every item, all at once or part after part."""
    state: State | None = None
    for share in PARTS if policy.in_parts else PARTS[-1:]:
        opened = shop.place < share * len(shop.size)
        least = PILOT if state is None and policy.in_parts else _least(policy)
        while (wanted := opened & (shop.votes < least)).any():
            if not shop.buy(wanted, _worth(shop, state, wanted, policy.taken)):
                break
            state = state and _seen(shop, policy, state, eye)
        state = state or _seen(shop, policy, state, eye)
    return state


def _least(policy: Policy) -> int:
    return min(policy.least, int(policy.levels[0])) if policy.wants is by_overlap else policy.least


def _seen(shop: Shop, policy: Policy, before: State | None, eye: Eye) -> State | None:
    if not policy.learns:
        return None
    state = eye(shop, before)
    if policy.spares:
        given = np.bincount(shop.all.worker[shop.counted], minlength=len(shop.idle))
        shop.idle = poor(state.matrices, given)
    return state


def _worth(shop: Shop, state: State | None, wanted: np.ndarray, taken: Taken) -> Floats | None:
    """Return what puts the answers that can be bought in the order in which they are; None: as they come."""
    if taken == "next" or state is None:
        return None
    rows = np.flatnonzero(shop.for_sale & wanted[shop.all.item])
    item, worker = shop.all.item[rows], shop.all.worker[rows]
    worth = np.zeros(len(shop.all))
    if taken == "best":
        belief = sobered(state.posterior, shop.votes, _crowd(shop, state))
        worth[rows] = information(belief[item], state.matrices[worker])
    else:
        given = np.bincount(shop.all.worker[shop.counted], minlength=len(shop.barred))
        known = proven(state.matrices, given) if taken == "routed" else None
        worth[rows] = claimed(item, worker, _gains(shop, state), known, shop.rng)
    return worth
