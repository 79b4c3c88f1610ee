"""Labeling functions weighed as one block: each by how it agrees with people, all together as one opinion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN, Codes
from aggregation.consensus import Floats

Flags = NDArray[np.bool_]
# A function nobody has checked is taken for right in 70 %, as if seen on two items of each label.
TRUST = 0.7
STRENGTH = 2.0
FOLDS = 5
# Functions that copy each other count double: this much of what they say together is tried.
SHARES = np.linspace(0.1, 1.0, 10)
LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Block:
    """What F functions say of I items, as shares of 1, and how each compares with people."""

    probabilities: Floats
    """(I, K) the functions' common opinion, out of fold; rows of nan where all are silent."""
    coverage: Floats
    """(F,) share of the items a function speaks about."""
    overlap: Floats
    """(F,) share of the items that another speaks about too."""
    conflict: Floats
    """(F,) share of the items that another says something else about."""
    right: Floats
    """(F,) items with answers on which it says what people say, by their posterior."""
    judged: Floats
    """(F,) items with answers it speaks about."""
    share: float
    """How much of what they say together counts: 1 for independent functions, less where they repeat."""


def weigh(votes: Codes, people: Floats, answered: Flags) -> Block:
    """Turn the votes of labeling functions into one opinion per item.

    Naive Bayes over one shrunken confusion matrix per function (Ratner et al., VLDB 2018, have the same model
    without people to compare with), tempered by one exponent for what functions repeat of each other. An item
    is judged by matrices that its own answers had no part in.

    Args:
        votes: (I, F) label codes, -1 where a function is silent.
        people: (I, K) posterior of people alone.
        answered: (I,) whether anybody answered; people say nothing of the others.

    Raises:
        ValueError: The shapes do not fit.
    """
    if len(votes) != len(people) or len(answered) != len(people):
        raise ValueError(f"votes for {len(votes)} items, posteriors for {len(people)}")
    spoken = votes != UNKNOWN
    fold = np.arange(len(votes)) % FOLDS
    logits = np.zeros_like(people)
    for number in range(FOLDS):
        seen = answered & (fold != number)
        logits[fold == number] = _logits(votes[fold == number], _matrices(votes[seen], people[seen]))
    prior = (people[answered].sum(axis=0) + 1.0) / (answered.sum() + people.shape[1])
    heard = spoken.any(axis=1)
    share = _share(logits[heard & answered], people[heard & answered], prior)
    table = _normalised(share * logits + np.log(prior))
    table[~heard] = np.nan
    return Block(table, *_habits(votes, spoken), *_agreement(votes, people, answered), share)


def _matrices(votes: Codes, people: Floats) -> Floats:
    """Return (F, K, K) how each function labels (last axis) items of each label."""
    labels = people.shape[1]
    base = np.full((labels, labels), (1.0 - TRUST) / max(labels - 1, 1))
    np.fill_diagonal(base, TRUST)
    found = np.empty((votes.shape[1], labels, labels))
    for function, column in enumerate(votes.T):
        spoken = column != UNKNOWN
        counts = STRENGTH * base
        np.add.at(counts.T, column[spoken], people[spoken])
        found[function] = counts / counts.sum(axis=1, keepdims=True)
    return found


def _logits(votes: Codes, matrices: Floats) -> Floats:
    logs = np.log(matrices)
    total = np.zeros((len(votes), matrices.shape[1]))
    for function, column in enumerate(votes.T):
        spoken = column != UNKNOWN
        total[spoken] += logs[function].T[column[spoken]]
    return total


def _share(logits: Floats, people: Floats, prior: Floats) -> float:
    """Return the exponent under which people's labels are most likely; 1 where nobody can tell."""
    if not len(logits):
        return 1.0
    fit = [(people * np.log(_normalised(share * logits + np.log(prior)) + LEAST)).sum() for share in SHARES]
    return float(SHARES[int(np.argmax(fit))])


def _habits(votes: Codes, spoken: Flags) -> tuple[Floats, Floats, Floats]:
    """Return how often each function speaks, speaks with others, and contradicts one."""
    count = max(len(votes), 1)
    others = spoken & (spoken.sum(axis=1, keepdims=True) > 1)
    against = np.zeros(votes.shape, dtype=bool)
    for function in range(votes.shape[1]):
        differs = (votes != votes[:, [function]]) & spoken
        against[:, function] = spoken[:, function] & differs.any(axis=1)
    return spoken.sum(axis=0) / count, others.sum(axis=0) / count, against.sum(axis=0) / count


def _agreement(votes: Codes, people: Floats, answered: Flags) -> tuple[Floats, Floats]:
    """Return how many answered items each function labels as people do, and how many it labels."""
    said = (votes != UNKNOWN) & answered[:, None]
    row, function = np.nonzero(said)
    right = np.bincount(function, people[row, votes[row, function]], minlength=votes.shape[1])
    return right.astype(np.float64), said.sum(axis=0).astype(np.float64)


def _normalised(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)
