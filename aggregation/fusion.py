"""What machines think of items, as evidence beside people's answers: weighed by what it foretells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from aggregation.answers import Answers, Codes
from aggregation.consensus import Floats, popularity
from aggregation.dawid_skene import DIAGONAL, hierarchical
from aggregation.em import Problem, fit

# However sure a model is of itself, it never weighs as much as the people it learned from.
CAP = 0.7
STEP = 0.1
# Standard errors by which held-out answers must become more likely before a machine is listened to.
PROOF = 2.0
# How often a machine's opinions are dealt out to other items, to see that they belong to theirs.
DEALS = 4
# A machine calls nothing impossible.
LEAST = 1e-3
# With one answer an item later passes lose what a label means: the good were refused, the inverted heard.
PASSES = 8
STILL = 1e-4


@dataclass(frozen=True, slots=True)
class Weighing:
    """What became of each source, and what listening gains."""

    weights: Mapping[str, float]
    """By source, their sum at most 0.7; 0 for one that has not proved itself."""
    gain: float
    """By how much held-out human answers became more likely, in nats per answer."""
    error: float
    """Standard error of the gain, over items."""


@dataclass(frozen=True, slots=True)
class Fused:
    """A posterior with machines heard, beside the people's own."""

    posterior: Floats
    """(I, K); rows sum to 1."""
    weighing: Weighing


def fuse(answers: Answers, human: Floats, sources: Mapping[str, Floats], *, known: Codes) -> Fused:
    """Take the opinions of machines as each item's prior, as far as they foretell people's answers.

    posterior = human * product over sources of (opinion / class prior) ** weight, normalised. A source is to
    be one lineage, its newest version, out of fold: opinions on items whose labels it did not learn from.

    Args:
        answers: People's answers.
        human: (I, K) the posterior of people alone.
        sources: (I, K) opinions by name; rows of nan where a source has none.
        known: (I,) label codes of gold items, -1 elsewhere; gold stays as it is.

    Raises:
        ValueError: A table has another shape than the posterior.
    """
    for name, table in sources.items():
        if table.shape != human.shape:
            raise ValueError(f"{name}: shape {table.shape}, the posterior has {human.shape}")
    prior = popularity(answers)
    says = {name: _says(table, prior) for name, table in sources.items()}
    weighing = _weigh(answers, known, says, prior)
    logits = np.log(np.maximum(human, 1e-300)) + _sum(says, weighing.weights, human.shape)
    fused = np.where((known < 0)[:, None], _normalised(logits), human)
    return Fused(fused, weighing)


def _says(table: Floats, prior: Floats) -> Floats:
    """Return what a source says beyond the class prior, as log odds; nothing where it has no opinion."""
    logs = np.log(np.maximum(table, LEAST)) - np.log(np.maximum(prior, LEAST))
    return np.where(np.isnan(table).any(axis=1, keepdims=True), 0.0, logs)


def _weigh(answers: Answers, known: Codes, says: Mapping[str, Floats], prior: Floats) -> Weighing:
    """Add weight where it gains most, step by step, until nothing gains or the cap is reached."""
    weights = dict.fromkeys(says, 0.0)
    if not len(answers) or not says:
        return Weighing(weights, 0.0, 0.0)
    judge = _Judge(answers, known, prior)
    alone = judge.likelihood(np.zeros((len(answers.items), len(prior))))
    best = alone
    for _ in range(round(CAP / STEP)):
        tried = {
            name: judge.likelihood(_sum(says, {**weights, name: weights[name] + STEP}, judge.shape))
            for name in says
        }
        name = max(tried, key=lambda one: float(tried[one].sum()))
        if tried[name].sum() <= best.sum():
            break
        weights[name], best = round(weights[name] + STEP, 6), tried[name]
    gain, error = judge.difference(best - alone)
    if gain <= PROOF * error or not _belongs(judge, says, weights, best):
        return Weighing(dict.fromkeys(says, 0.0), gain, error)
    return Weighing(weights, gain, error)


def _belongs(judge: _Judge, says: Mapping[str, Floats], weights: Mapping[str, float], heard: Floats) -> bool:
    """Tell whether opinions foretell answers to their own items better than to others.

    Whoever says the same of every item can make answers likelier, by making a label more common: with one
    answer an item nothing else tells how common labels are. It says nothing of any item.
    """
    dealt = [
        judge.likelihood(
            _sum({name: _dealt(table, deal) for name, table in says.items()}, weights, judge.shape)
        )
        for deal in range(1, DEALS + 1)
    ]
    gain, error = judge.difference(heard - np.mean(dealt, axis=0))
    return gain > PROOF * error


def _dealt(says: Floats, deal: int) -> Floats:
    """Return the opinions dealt out anew to the items that are spoken of, always in the same way."""
    dealt, spoken = says.copy(), np.flatnonzero(says.any(axis=1))
    dealt[spoken] = says[np.random.default_rng(deal).permutation(spoken)]
    return dealt


class _Judge:
    """How likely each answer is, given the other answers to its item and what machines say of the item."""

    def __init__(self, answers: Answers, known: Codes, prior: Floats) -> None:
        problem = Problem.of(answers, known)
        step = hierarchical(problem.pairs, prior, strength=2.0, diagonal=DIAGONAL)
        found = fit(problem, step, max_iterations=PASSES, tolerance=STILL)
        pair = problem.pairs.code
        self.shape = (len(answers.items), len(prior))
        self._item = np.repeat(np.arange(self.shape[0]), np.diff(problem.pairs.start))
        self._table = found.table[pair]
        logs = np.log(self._table)
        total = np.tile(np.log(np.maximum(prior, LEAST)), (self.shape[0], 1))
        for label in range(self.shape[1]):
            total[:, label] += np.bincount(self._item, logs[:, label], minlength=self.shape[0])
        # The answer itself is taken out again.
        self._others = total[self._item] - logs

    def likelihood(self, says: Floats) -> Floats:
        """Return the log probability of each answer."""
        given = _normalised(self._others + says[self._item])
        return np.asarray(np.log((given * self._table).sum(axis=1)))

    def difference(self, change: Floats) -> tuple[float, float]:
        """Return the mean change of an answer and its standard error: answers to one item go together."""
        by_item = np.bincount(self._item, change, minlength=self.shape[0])
        count = np.bincount(self._item, minlength=self.shape[0])
        mean = float(change.mean())
        spread = by_item - mean * count
        return mean, float(np.sqrt((spread**2).sum()) / len(change))


def _sum(says: Mapping[str, Floats], weights: Mapping[str, float], shape: tuple[int, int]) -> Floats:
    total = np.zeros(shape)
    for name, table in says.items():
        if weights[name]:
            total += weights[name] * table
    return total


def _normalised(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)
