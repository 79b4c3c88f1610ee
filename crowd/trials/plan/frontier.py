"""Many ways to buy answers beside each other: what each costs, what it is worth, and which to take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from crowd.trials.plan.simulate import Rule, simulate
from crowd.trials.plan.supply import Source, Supply
from crowd.trials.plan.together import together
from crowd.trials.plan.worth import Bought
from qc.decide import Policy
from qc.gold_policy import GoldPolicy

OVERLAPS: Final = (1, 2, 3, 5, 7)
CONFIDENCES: Final = (0.8, 0.9, 0.95, 0.99)
GAINS: Final = (0.05, 0.02, 0.01, 0.005)  # right labels: a label is worth so many prices of an answer
FEWEST, MOST = 2, 7  # answers where a confidence is wanted, or a gain
# With gold, the ways between which a choice is likely to lie.
GOLD_OVERLAPS: Final = (3,)
GOLD_CONFIDENCES: Final = (0.9,)
GOLD_GAINS: Final = (0.01,)
# Larger inputs are sampled: beyond this the interval hardly narrows and the wait grows.
SAMPLE = 500
DRAWS = 2
NORMAL_90 = 1.645
# A gain below this is not worth money by itself: half a point of accuracy.
NEAR = 0.005

NET: Final = "what its right labels are worth exceeds its cost by most"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is simulated: items at most, how often with other chance, and the seed of it all."""

    sample: int = SAMPLE
    draws: int = DRAWS
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """What one answer costs in micro-dollars, its part of the fee included."""

    reward: int
    fee: int = 0

    @property
    def whole(self) -> int:
        """Return both together."""
        return self.reward + self.fee


@dataclass(frozen=True, slots=True)
class Point:
    """One way to buy answers and what is to be expected of it, for the whole project."""

    rule: Rule
    accuracy: float
    low: float  # ends of the 90 % interval
    high: float
    claimed: float
    answers_per_item: float  # gold left out
    gold_share: float  # of all answers
    answers: int  # for all items, gold included
    cost_micros: int
    stopped: float  # share of the workers kept out
    best: bool = False  # nothing else is both cheaper and at least as accurate

    @property
    def name(self) -> str:
        """Say how answers are bought."""
        policy = self.rule.policy
        if policy.fixed:
            return f"overlap {policy.overlap}"
        between = f"{policy.min_answers} to {policy.max_answers}"
        if policy.least_gain is None:
            return f"{between} until {policy.confidence:g}"
        return f"{between} while gaining {policy.least_gain:.3g}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What was simulated: all points by cost, and the one to take (None: nothing reaches what was asked)."""

    items: int
    sampled: int
    draws: int
    judged: int
    points: tuple[Point, ...]
    recommended: Point | None
    why: str


def rules(least: Sequence[float] = GAINS, least_with_gold: Sequence[float] = GOLD_GAINS) -> list[Rule]:
    """Return the ways to buy that are compared."""
    plain = [Rule(policy) for policy in _policies(OVERLAPS, CONFIDENCES, least)]
    golden = _policies(GOLD_OVERLAPS, GOLD_CONFIDENCES, least_with_gold)
    return plain + [Rule(policy, GoldPolicy()) for policy in golden]


def offered(price: Price, value_micros: int | None = None) -> list[Rule]:
    """Return those that can be had: what is for nothing has no gain to be worth its price."""
    if not price.reward:
        return rules((), ())
    if value_micros is None:
        return rules()
    least = (price.reward / value_micros,)
    return rules(least, least)


def _policies(overlaps: Sequence[int], confidences: Sequence[float], least: Sequence[float]) -> list[Policy]:
    return [
        *(Policy(overlap=overlap) for overlap in overlaps),
        *(Policy(min_answers=FEWEST, max_answers=MOST, confidence=level) for level in confidences),
        *(Policy(min_answers=FEWEST, max_answers=MOST, least_gain=gain) for gain in least),
    ]


def plan(
    source: Source,
    price: Price,
    *,
    items: int,
    target: float | None = None,
    budget_micros: int | None = None,
    value_micros: int | None = None,
    effort: Effort = Effort(),
    candidates: Sequence[Rule] | None = None,
    watch: Callable[[int, int], None] = lambda _done, _all: None,
) -> Plan:
    """Simulate every rule on the same draws and recommend one.

    Args:
        source: Where answers come from.
        price: Of one answer.
        items: In the whole project; what is measured on a sample is scaled to it.
        target: Accuracy to reach, as `recommend` has it.
        budget_micros: What may be spent.
        value_micros: What a right label is worth.
        effort: How much is simulated.
        candidates: The rules to compare; `rules()` unless given.
        watch: Told how many simulations are done, of how many.
    """
    if candidates is None:
        candidates = offered(price, value_micros)
    runs: list[list[Bought]] = []
    for draw in range(effort.draws):
        seed = [effort.seed, draw]
        supply = source.draw(effort.sample, np.random.default_rng(seed))
        runs.append([])
        for bought in _bought(supply, candidates, seed):
            runs[-1].append(bought)
            watch(sum(map(len, runs)), len(candidates) * effort.draws)
    workers, sampled = len(supply.matrices), supply.items
    found = zip(candidates, zip(*runs, strict=True), strict=True)
    points = [_point(rule, run, price, items, workers) for rule, run in found]
    marked = _mark(sorted(points, key=lambda point: (point.cost_micros, -point.accuracy)))
    chosen, why = recommend(marked, target, budget_micros, value_micros and value_micros * items)
    judged = sum(run[0].judged for run in runs)
    return Plan(items, sampled, effort.draws, judged, marked, chosen, why)


def _bought(supply: Supply, candidates: Sequence[Rule], seed: Sequence[int]) -> Iterator[Bought]:
    """Yield what each rule comes to, in their order; those without gold share what is read of the answers."""
    plain = iter(together(supply, [rule.policy for rule in candidates if rule.gold is None]))
    for number, rule in enumerate(candidates):
        if rule.gold is None:
            yield next(plain)
        else:
            yield simulate(supply, rule, np.random.default_rng([*seed, number]))


def _point(rule: Rule, runs: Sequence[Bought], price: Price, items: int, workers: int) -> Point:
    judged = np.array([run.judged for run in runs])
    shares = np.array([run.right for run in runs]) / judged
    mean, error = float(shares.mean()), _error(shares, judged)
    each = sum(run.answers for run in runs) / sum(run.items for run in runs)
    gold = sum(run.gold_answers for run in runs) / sum(run.items for run in runs)
    answers = round((each + gold) * items)
    return Point(
        rule=rule,
        accuracy=mean,
        low=max(0.0, mean - NORMAL_90 * error),
        high=min(1.0, mean + NORMAL_90 * error),
        claimed=sum(run.claimed for run in runs) / int(judged.sum()),
        answers_per_item=each,
        gold_share=gold / (each + gold) if each else 0.0,
        answers=answers,
        cost_micros=answers * price.whole,
        stopped=sum(run.stopped for run in runs) / len(runs) / workers,
    )


def _error(shares: np.ndarray, judged: np.ndarray) -> float:
    """Return the standard error of a mean accuracy: by the draws, but no less than chance among items."""
    mean = float(np.clip(shares.mean(), 0.5 / judged.sum(), 1 - 0.5 / judged.sum()))
    among_items = mean * (1 - mean) / float(judged.mean())
    among_draws = float(shares.var(ddof=1)) if len(shares) > 1 else 0.0
    return float(np.sqrt(max(among_items, among_draws) / len(shares)))


def _mark(points: Sequence[Point]) -> tuple[Point, ...]:
    """Mark the points that no cheaper one matches; they come by cost."""
    marked, best = [], -1.0
    for point in points:
        marked.append(replace(point, best=point.accuracy > best))
        best = max(best, point.accuracy)
    return tuple(marked)


def recommend(
    points: Sequence[Point],
    target: float | None = None,
    budget_micros: int | None = None,
    worth_micros: int | None = None,
) -> tuple[Point | None, str]:
    """Return the point to take and why; None where nothing does what is asked.

    For a target the cheapest whose whole interval lies above it, else whose mean does. For a budget the most
    accurate within it. Where it is known what right labels of all items are worth, the one that leaves most
    after its cost. With none of these, the cheapest that is within half a point of the most accurate.
    """
    within = [point for point in points if budget_micros is None or point.cost_micros <= budget_micros]
    if not within:
        return None, "even the cheapest way costs more than the budget"
    if target is not None:
        return _reaching(within, target)
    if worth_micros is not None:
        return max(within, key=lambda point: point.accuracy * worth_micros - point.cost_micros), NET
    top = max(point.accuracy for point in within)
    chosen = next(point for point in within if point.accuracy >= top - NEAR)
    return chosen, "the cheapest within half a point of the most accurate" + (
        "" if budget_micros is None else " that the budget pays for"
    )


def _reaching(points: Sequence[Point], target: float) -> tuple[Point | None, str]:
    """Return the cheapest that reaches a target, surely if one does."""
    if surely := [point for point in points if point.low >= target]:
        return surely[0], f"the cheapest that reaches {target:g} with its whole interval"
    if reached := [point for point in points if point.accuracy >= target]:
        return reached[0], f"the cheapest that reaches {target:g} on average, not surely"
    top = max(points, key=lambda point: point.accuracy)
    return None, f"nothing reaches {target:g}; the most accurate is {top.name} with {top.accuracy:.3f}"
