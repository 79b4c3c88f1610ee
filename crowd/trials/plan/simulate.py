"""One simulated project: answers bought wave by wave, and gold with them, under the product's own rules."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.consensus import Consensus
from aggregation.registry import aggregate
from crowd.trials.plan.supply import Supply
from crowd.trials.plan.worth import Bought, expected, hold
from qc.decide import MORE, Policy, decide_all
from qc.gold_policy import GoldPolicy, share
from qc.spam import EXAM, Observation, SpamPolicy, judge
from workers.skill import skill

# Gold questions there are; each is shown to a worker once, so more than this nobody gets.
GOLD_ITEMS = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """How answers are bought: when an item has enough, and how much gold workers get (None: no gold)."""

    policy: Policy
    gold: GoldPolicy | None = None

    @property
    def overlap(self) -> int:
        """Return how many answers an item gets before anything is decided."""
        return self.policy.overlap if self.policy.fixed else self.policy.min_answers


@dataclass(slots=True)
class _Worker:
    """What is known of one simulated worker from gold."""

    answers: int = 0
    history: list[Observation] = field(default_factory=list)
    right: int = 0
    low: float | None = None
    examined: bool = False


def simulate(supply: Supply, rule: Rule, rng: np.random.Generator) -> Bought:
    """Buy answers until every item has enough, is given up, or has none left to give.

    As in the loop, people who fail gold and the exam that follows answer no more; of the banned all answers
    are set aside, and the items ask others. Peers are not heard about workers here.
    """
    project = _Project(supply, rule, rng)
    wanted = np.full(supply.items, rule.overlap)
    while project.buy(wanted):
        wanted = project.wanting()
    return project.result()


class _Project:
    """The state of one run; N answers on offer, I items, W workers."""

    def __init__(self, supply: Supply, rule: Rule, rng: np.random.Generator) -> None:
        self.supply, self.rule, self.rng = supply, rule, rng
        self.next = supply.start[:-1].copy()
        self.bought = np.zeros(len(supply.worker), dtype=bool)
        self.item = np.repeat(np.arange(supply.items), np.diff(supply.start))
        self.stopped = np.zeros(len(supply.matrices), dtype=bool)  # answer no more
        self.banned = np.zeros(len(supply.matrices), dtype=bool)  # and what they said does not count
        self.people = [_Worker() for _ in supply.matrices]
        self.gold_truth = rng.permutation(np.arange(GOLD_ITEMS) % supply.labels)
        self.gold: list[tuple[int, int, int]] = []  # gold item, worker, answer
        self.found: Consensus | None = None

    def buy(self, wanted: NDArray[np.int64]) -> int:
        """Buy so many answers to each item, as far as there are any; grade what came; return how many."""
        total = 0
        while (wanted > 0).any():
            rows = self._take(np.flatnonzero(wanted > 0))
            wanted = wanted - 1
            total += len(rows)
            self._grade(self.supply.worker[rows])
        return total

    def wanting(self) -> NDArray[np.int64]:
        """Conclude and decide; return how many more answers each item wants now."""
        answers, self.found = self._conclude()
        found, items, policy = self.found, self.supply.items, self.rule.policy
        votes, confidence = found.votes[:items], found.confidence[:items]
        gain = np.inf if policy.least_gain is None else self._gain(answers, found)
        more = decide_all(votes, confidence, policy, gain=gain) == MORE
        return np.where(more, np.maximum(self.rule.overlap - votes, 1), 0)

    def _gain(self, answers: Answers, found: Consensus) -> NDArray[np.float64]:
        left = np.maximum(self.rule.policy.max_answers - found.votes, 0)
        return expected(answers, found, left)[: self.supply.items]

    def result(self) -> Bought:
        """Hold the labels against the truth."""
        found = self.found or self._conclude()[1]
        bought, stopped = int(self.bought.sum()), int(self.stopped.sum())
        return hold(self.supply, found, answers=bought, gold=len(self.gold), stopped=stopped)

    def _take(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the next answer to each item that has one by somebody who may still answer."""
        end = self.supply.start[1:]
        while len(passed := items[self._stuck(items)]):
            self.next[passed] += 1
        items = items[self.next[items] < end[items]]
        rows = self.next[items]
        self.bought[rows] = True
        self.next[items] += 1
        return rows

    def _stuck(self, items: NDArray[np.int64]) -> NDArray[np.bool_]:
        rows = self.next[items]
        has = rows < self.supply.start[1:][items]
        worker = self.supply.worker[np.minimum(rows, len(self.supply.worker) - 1)]
        return has & self.stopped[worker]

    def _grade(self, workers: NDArray[np.int32]) -> None:
        """Let workers meet the gold that comes with so many answers, and judge who met some."""
        policy = self.rule.gold
        if policy is None:
            return
        met = set()
        for worker in self.rng.permutation(workers).tolist():
            known = self.people[worker]
            known.answers += 1
            rate = share(policy, known.answers, known.low)
            # A share of all questions, so this many for each that is no gold.
            for _ in range(self.rng.poisson(rate / (1 - rate))):
                self._ask_gold(worker)
                met.add(worker)
        for worker in met:
            self._judge(worker)

    def _ask_gold(self, worker: int) -> None:
        known = self.people[worker]
        if len(known.history) == GOLD_ITEMS:
            return
        item = len(known.history)
        truth = int(self.gold_truth[item])
        row = self.supply.matrices[worker, truth].cumsum()
        answer = min(int(np.searchsorted(row, self.rng.random() * row[-1], side="right")), len(row) - 1)
        known.history.append(Observation(answer, truth))
        known.right += answer == truth
        known.answers += 1
        self.gold.append((item, worker, answer))

    def _judge(self, worker: int) -> None:
        known, labels = self.people[worker], self.supply.labels
        known.low = skill(known.right, len(known.history), chance=1 / labels).low
        verdict = judge(known.history, labels, SpamPolicy()).verdict
        if verdict == "suspend" and not known.examined:
            known.examined = True
            for _ in range(EXAM):
                self._ask_gold(worker)
            verdict = judge(known.history, labels, SpamPolicy()).verdict
        self.stopped[worker] = verdict != "good"
        self.banned[worker] = verdict == "ban"

    def _conclude(self) -> tuple[Answers, Consensus]:
        """Aggregate what counts, gold included and known, as a project would; the items' own come first."""
        rows = np.flatnonzero(self.bought & ~self.banned[self.supply.worker])
        gold = np.array([seen for seen in self.gold if not self.banned[seen[1]]]).reshape(-1, 3)
        items, labels = self.supply.items, self.supply.labels
        extra = GOLD_ITEMS if len(gold) else 0
        item = np.concatenate([self.item[rows], gold[:, 0] + items])
        worker = np.concatenate([self.supply.worker[rows], gold[:, 1]])
        label = np.concatenate([self.supply.label[rows], gold[:, 2]])
        order = np.lexsort((worker, item))
        item, worker, label = (column[order].astype(np.int32) for column in (item, worker, label))
        names = (_names(size) for size in (items + extra, len(self.supply.matrices), labels))
        answers = Answers(item, worker, label, *names)
        known = {str(items + at): str(truth) for at, truth in enumerate(self.gold_truth[:extra])}
        return answers, aggregate(answers, gold=known)


def _names(size: int) -> tuple[str, ...]:
    return tuple(map(str, range(size)))
