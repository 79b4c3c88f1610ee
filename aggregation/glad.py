"""GLAD (Whitehill et al. 2009): worker ability times item easiness decides how often an answer is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN, Answers, Codes
from aggregation.consensus import Consensus, Floats, clamp, conclude
from aggregation.votes import vote_shares

# Steps beyond this in one go leave the region where the quadratic picture holds.
LONGEST_STEP = 1.0
LIMIT = 12.0


@dataclass(frozen=True, slots=True)
class Parameters:
    """Ability of each worker, log easiness of each item; each has the prior Normal(1, 1), as in crowd-kit."""

    ability: Floats
    easiness: Floats

    def odds(self, answers: Answers) -> Floats:
        """Return the log odds that each answer is right."""
        return np.asarray(self.ability[answers.worker] * np.exp(self.easiness[answers.item]))


def glad(
    answers: Answers,
    *,
    gold: Mapping[str, str] | None = None,
    max_iterations: int = 100,
    tolerance: float = 1e-5,
    ascent_steps: int = 4,
) -> Consensus:
    """Fit worker ability and item difficulty by EM with Newton-like ascent on both.

    Args:
        answers: The answers.
        gold: Known labels; they are clamped in every step.
        max_iterations: EM iterations at most.
        tolerance: Stop when the penalised likelihood gains less than this per answer.
        ascent_steps: Steps on abilities and difficulties in each iteration.
    """
    known = answers.codes_of(gold)
    parameters = Parameters(np.ones(len(answers.workers)), np.ones(len(answers.items)))
    posterior, likelihood = expect(answers, known, parameters)
    score = -np.inf
    iterations = 0
    while iterations < max_iterations and len(answers) and len(answers.labels) > 1:
        iterations += 1
        right = posterior[answers.item, answers.label]
        for _ in range(ascent_steps):
            parameters = ascend(answers, right, parameters)
        posterior, likelihood = expect(answers, known, parameters)
        before, score = score, likelihood + log_prior(parameters)
        if score - before < tolerance * len(answers):
            break
    return conclude("glad", answers, posterior, iterations=iterations, log_likelihood=likelihood)


def expect(answers: Answers, known: Codes, parameters: Parameters) -> tuple[Floats, float]:
    """Return the posterior under a flat class prior and the log likelihood."""
    items, labels = len(answers.items), len(answers.labels)
    if not len(answers) or labels == 1:
        return clamp(vote_shares(answers), known), 0.0
    odds = parameters.odds(answers)
    wrong = -np.logaddexp(0.0, odds) - np.log(labels - 1)
    # A label's own votes count as right, all other votes on the item as wrong.
    gain = -np.logaddexp(0.0, -odds) - wrong
    cell = answers.item.astype(np.int64) * labels + answers.label
    joint = np.bincount(cell, gain, items * labels).reshape(items, labels)
    joint += np.bincount(answers.item, wrong, items)[:, None] - np.log(labels)
    peak = joint.max(axis=1, keepdims=True)
    powers = np.exp(joint - peak)
    total = powers.sum(axis=1, keepdims=True)
    evidence = (peak + np.log(total))[:, 0]
    gold = np.flatnonzero(known != UNKNOWN)
    evidence[gold] = joint[gold, known[gold]]
    return clamp(powers / total, known), float(evidence.sum())


def ascend(answers: Answers, right: Floats, parameters: Parameters) -> Parameters:
    """Take one damped Newton step on the abilities, then one on the easiness."""
    scale = np.exp(parameters.easiness[answers.item])
    sure = _sigmoid(parameters.ability[answers.worker] * scale)
    slope = np.bincount(answers.worker, (right - sure) * scale, len(parameters.ability))
    curve = np.bincount(answers.worker, sure * (1.0 - sure) * scale**2, len(parameters.ability))
    ability = _moved(parameters.ability, slope, curve)
    odds = ability[answers.worker] * scale
    sure = _sigmoid(odds)
    slope = np.bincount(answers.item, (right - sure) * odds, len(parameters.easiness))
    curve = np.bincount(answers.item, sure * (1.0 - sure) * odds**2, len(parameters.easiness))
    return Parameters(ability, _moved(parameters.easiness, slope, curve))


def log_prior(parameters: Parameters) -> float:
    """Return the log density of the parameters, up to a constant."""
    return float(-0.5 * (((parameters.ability - 1) ** 2).sum() + ((parameters.easiness - 1) ** 2).sum()))


def _moved(values: Floats, slope: NDArray[Any], curve: NDArray[Any]) -> Floats:
    step = (slope - (values - 1.0)) / (curve + 1.0)
    return np.asarray(np.clip(values + np.clip(step, -LONGEST_STEP, LONGEST_STEP), -LIMIT, LIMIT))


def _sigmoid(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -500, 500))), dtype=np.float64)
