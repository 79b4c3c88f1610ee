"""The one-coin model: one accuracy per worker, errors spread evenly over the other labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aggregation.answers import Answers
from aggregation.consensus import Consensus, Floats, popularity
from aggregation.dawid_skene import CLIP, DIAGONAL, from_fit
from aggregation.em import Maximise, Problem, fit
from aggregation.history import History
from aggregation.pairs import Pairs


def one_coin(
    answers: Answers,
    *,
    gold: Mapping[str, str] | None = None,
    history: History | None = None,
    max_iterations: int = 100,
    tolerance: float = 1e-9,
    smoothing: float = 4.0,
) -> Consensus:
    """Fit one accuracy per worker by EM (Zhang et al. 2016), with the class prior pinned to the vote shares.

    Args:
        answers: The answers.
        gold: Known labels; they are clamped in every step.
        history: What the workers did before; it counts like answers of today.
        max_iterations: Passes at most.
        tolerance: Stop when no posterior moves by more than this.
        smoothing: Answers, 70 % of them right, added to each worker's; 0 is maximum likelihood.
    """
    if smoothing < 0:
        raise ValueError(f"smoothing: {smoothing} given; it must be 0 or more")
    problem = Problem.of(answers, answers.codes_of(gold), history=history)
    step = coin(problem.pairs, popularity(answers), strength=smoothing, accuracy=DIAGONAL)
    found = fit(problem, step, max_iterations=max_iterations, tolerance=tolerance)
    return from_fit("one-coin", answers, problem, found)


def coin(pairs: Pairs, prior: Floats, *, strength: float, accuracy: float) -> Maximise:
    """Return the M step: a Beta prior on each worker's accuracy, a class prior that is not estimated."""
    labels = pairs.shape[2]
    given = pairs.by_worker(pairs.given)
    row = np.arange(len(pairs.label))

    def maximise(counts: Floats, mass: Floats) -> tuple[Floats, Floats]:  # noqa: ARG001
        right = pairs.by_worker(counts[row, pairs.label]) + strength * accuracy
        rate = np.clip(right / (given + strength), CLIP, 1.0 - CLIP) if labels > 1 else np.ones(len(given))
        table = np.repeat(((1.0 - rate) / max(labels - 1, 1))[:, None], labels, axis=1)
        table[row, pairs.label] = rate
        return table, prior

    return maximise
