"""What a method concludes: one label per item, with its probability, and one skill per worker."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN, Answers, Codes

Floats = NDArray[np.float64]
# Two labels closer than this are a tie: above the rounding error of long sums, below any real difference.
TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Consensus:
    """The labels of `items` in the order of `Answers.items`; I items, W workers, K labels.

    Ties: of labels whose posteriors differ by less than 1e-9 the one given more often over all answers is
    chosen, and of those the first in the label set.
    """

    method: str
    labels: tuple[str, ...]
    posterior: Floats
    """(I, K); rows sum to 1. An item without answers has the class prior of its method."""
    choice: Codes
    """(I,) index of the chosen label."""
    confidence: Floats
    """(I,) posterior of the choice."""
    votes: NDArray[np.int64]
    """(I,) answers read."""
    skill: Floats
    """(W,) expected share of right answers among the worker's own; nan where there are none."""
    matrices: Floats | None = None
    """(W, K, K) probability of each answer (last axis) given the truth; None where large or not modelled."""
    iterations: int = 0
    log_likelihood: float | None = None


def conclude(
    method: str,
    answers: Answers,
    posterior: Floats,
    *,
    skill: Floats | None = None,
    matrices: Floats | None = None,
    iterations: int = 0,
    log_likelihood: float | None = None,
) -> Consensus:
    """Complete a posterior into a consensus."""
    choice = choose(posterior, popularity(answers))
    return Consensus(
        method=method,
        labels=answers.labels,
        posterior=posterior,
        choice=choice,
        confidence=posterior[np.arange(len(choice)), choice],
        votes=np.bincount(answers.item, minlength=len(answers.items)),
        skill=expected_skill(answers, posterior) if skill is None else skill,
        matrices=matrices,
        iterations=iterations,
        log_likelihood=log_likelihood,
    )


def refined(found: Consensus, posterior: Floats, answers: Answers) -> Consensus:
    """Return a consensus with another posterior; what is known of its workers stays."""
    choice = choose(posterior, popularity(answers))
    confidence = posterior[np.arange(len(choice)), choice]
    return replace(found, posterior=posterior, choice=choice, confidence=confidence)


def choose(posterior: Floats, popular: Floats) -> Codes:
    """Return the most probable label of each row; see `Consensus` for ties."""
    if not posterior.size:
        return np.zeros(len(posterior), dtype=np.int32)
    tied = posterior >= posterior.max(axis=1, keepdims=True) - TIE
    best: Codes = np.where(tied, popular, -1.0).argmax(axis=1).astype(np.int32)
    return best


def popularity(answers: Answers) -> Floats:
    """Return each label's share of all answers; uniform when there are none."""
    counts: Floats = np.bincount(answers.label, minlength=len(answers.labels)).astype(np.float64)
    if not len(answers):
        counts += 1.0
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def expected_skill(answers: Answers, posterior: Floats) -> Floats:
    """Return the expected share of right answers of each worker under the posterior."""
    given = np.bincount(answers.worker, minlength=len(answers.workers))
    right = np.bincount(answers.worker, posterior[answers.item, answers.label], len(given))
    skill: Floats = np.full(len(given), np.nan)
    np.divide(right, given, out=skill, where=given > 0)
    return skill


def clamp(posterior: Floats, known: Codes) -> Floats:
    """Return the posterior with the rows of known items set to certainty."""
    rows = np.flatnonzero(known != UNKNOWN)
    clamped = posterior.copy()
    clamped[rows] = 0.0
    clamped[rows, known[rows]] = 1.0
    return clamped
