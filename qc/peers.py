"""What the others say of an item, without the worker in question: evidence about a worker beyond gold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN, Answers, Codes

Floats = NDArray[np.float64]
# Of a worker nothing is known about, worth so many answers.
ACCURACY, WEIGHT = 0.75, 4.0
# However sure others are, this much is believed of it: their errors have common causes.
MOST = 0.95
# How often the others are right where gold tells, before gold has told: so many items' worth.
RELIABLE, ITEMS = 0.9, 10.0
ROUNDS = 3


def others(
    answers: Answers, known: Codes | None = None, *, counting: NDArray[np.bool_] | None = None
) -> Floats:
    """Return for every answer the posterior of its item from all other answers; NaN where there are none.

    Workers weigh by how often they agree with the rest, or with the truth where it is known. The posterior
    is drawn towards evenness by how often such posteriors prove wrong on items whose truth is known: where
    most answers come from a ring, gold says that peers are no evidence.

    Args:
        answers: The answers.
        known: (I,) true label codes, -1 where unknown.
        counting: (N,) which answers have a voice; those set aside have none, but are told of. All by default.
    """
    labels, count = len(answers.labels), len(answers)
    truth = np.full(len(answers.items), UNKNOWN) if known is None else np.asarray(known)
    voice = np.ones(count, dtype=bool) if counting is None else counting
    alone = np.bincount(answers.item, voice, minlength=len(answers.items))[answers.item] - voice < 1
    prior = np.log((np.bincount(answers.label, minlength=labels) + 1) / (count + labels))
    accuracy = np.full(len(answers.workers), ACCURACY)
    posterior = np.full((count, labels), 1 / labels)
    for _ in range(ROUNDS):
        posterior = _without_own(answers, accuracy, prior, voice)
        accuracy = _accuracy(answers, posterior, truth, alone)
    believed = min(MOST, _reliability(answers, posterior, truth, alone))
    soft = believed * posterior + (1 - believed) / labels
    soft[alone] = np.nan
    return soft


def _without_own(answers: Answers, accuracy: Floats, prior: Floats, voice: NDArray[np.bool_]) -> Floats:
    """Return the posterior of each answer's item, the answer itself left out."""
    labels = len(answers.labels)
    right = np.clip(accuracy[answers.worker], 0.05, 0.95)
    # An answer speaks for its label against each of the others by the same log odds.
    says = voice * np.log(right * (labels - 1) / (1 - right))
    total = np.zeros((len(answers.items), labels))
    np.add.at(total, (answers.item, answers.label), says)
    score = total[answers.item] + prior
    score[np.arange(len(answers)), answers.label] -= says
    score = np.exp(score - score.max(axis=1, keepdims=True))
    return np.asarray(score / score.sum(axis=1, keepdims=True), dtype=np.float64)


def _accuracy(answers: Answers, posterior: Floats, truth: Codes, alone: NDArray[np.bool_]) -> Floats:
    told = truth[answers.item]
    agreed = posterior[np.arange(len(answers)), answers.label]
    agreed = np.where(told == UNKNOWN, agreed, told == answers.label)
    counts = ~alone | (told != UNKNOWN)
    width = len(answers.workers)
    right = np.bincount(answers.worker, agreed * counts, minlength=width)
    given = np.bincount(answers.worker, counts, minlength=width)
    return np.asarray((right + ACCURACY * WEIGHT) / (given + WEIGHT), dtype=np.float64)


def _reliability(answers: Answers, posterior: Floats, truth: Codes, alone: NDArray[np.bool_]) -> float:
    """Return how often the likeliest label of the others is the truth, counting every item once."""
    told = (truth[answers.item] != UNKNOWN) & ~alone
    hit = posterior.argmax(axis=1) == truth[answers.item]
    size = np.bincount(answers.item[told], minlength=len(truth))
    hits = np.bincount(answers.item[told], hit[told], minlength=len(truth))
    items = size > 0
    return float(((hits[items] / size[items]).sum() + RELIABLE * ITEMS) / (items.sum() + ITEMS))
