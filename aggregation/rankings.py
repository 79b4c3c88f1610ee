"""From comparisons to a ranking: counting, and a model of objects that win by their strength."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from aggregation.comparisons import LEFT, RIGHT, TIE, Comparisons, Floats, Ranking, ranked

# Strengths are drawn to the middle as by a normal prior of this deviation, so that an object that won
# everything has a finite one.
PRIOR_DEVIATION = 3.0
# Each worker's reliability counts as if seen in so many more answers of the pool's average.
PRIOR_ANSWERS = 8.0
FLOOR = 1e-3


def counting(comparisons: Comparisons) -> Ranking:
    """Count wins, and half of every tie."""
    points = np.zeros(len(comparisons.objects))
    for side, won in ((comparisons.left, LEFT), (comparisons.right, RIGHT)):
        value = (comparisons.outcome == won) + 0.5 * (comparisons.outcome == TIE)
        points += np.bincount(side, value, len(points))
    return ranked("counting", comparisons.objects, points, None, _unknown(comparisons))


def bradley_terry(comparisons: Comparisons) -> Ranking:
    """Fit log strengths with ties (Davidson, JASA 1970); every worker is believed alike."""
    weight = np.ones(len(comparisons))
    strength, _, covariance = _davidson(comparisons, weight)
    return ranked("bradley-terry", comparisons.objects, strength, covariance, _unknown(comparisons))


def crowd_bradley_terry(comparisons: Comparisons, *, iterations: int = 50) -> Ranking:
    """Fit strengths and the reliability of every worker together; scores are log strengths.

    An answer comes from the objects' strengths with the worker's own probability, and otherwise has
    nothing to do with them (after Chen et al., WSDM 2013, whose unreliable workers err instead). What it is
    then follows the worker's own habit of choosing left, right or tie.
    """
    if not len(comparisons):
        return replace(bradley_terry(comparisons), method="crowd-bradley-terry")
    habit = _habits(comparisons)
    reliable = np.full(len(comparisons.workers), 0.9)
    start: Floats | None = None
    strength, covariance = np.zeros(len(comparisons.objects)), np.eye(len(comparisons.objects))
    for _ in range(iterations):
        model = _chances(comparisons, start)
        mine = reliable[comparisons.worker] * model
        meant = mine / (mine + (1.0 - reliable[comparisons.worker]) * habit)
        before = reliable
        reliable = _shares(comparisons, meant)
        strength, start, covariance = _davidson(comparisons, meant, start)
        if np.abs(reliable - before).max() < FLOOR:
            break
    return ranked("crowd-bradley-terry", comparisons.objects, strength, covariance, reliable)


def _davidson(
    comparisons: Comparisons, weight: Floats, start: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """Maximise the weighted likelihood by Newton's method.

    Returns (M,) strengths of mean 0, all parameters for the next start, and the strengths' covariance.
    """
    size = len(comparisons.objects)
    parameters = np.zeros(size + 1) if start is None else start.copy()
    hessian = np.eye(size + 1)
    for _ in range(100):
        gradient, hessian = _slope(comparisons, weight, parameters)
        step = np.linalg.solve(hessian, gradient)
        step /= max(1.0, np.abs(step).max())
        parameters = parameters + step
        if np.abs(step).max() < 1e-10:
            break
    centred = np.eye(size) - 1.0 / max(size, 1)
    covariance = centred @ np.linalg.inv(hessian)[:size, :size] @ centred.T
    return centred @ parameters[:size], parameters, covariance


def _outcomes(comparisons: Comparisons, parameters: Floats) -> Floats:
    """Return (N, 3) the probability of each outcome."""
    left, right = parameters[comparisons.left], parameters[comparisons.right]
    power = np.stack([left, right, parameters[-1] + (left + right) / 2.0], axis=1)
    power = np.exp(power - power.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True), dtype=np.float64)


def _slope(comparisons: Comparisons, weight: Floats, parameters: Floats) -> tuple[Floats, Floats]:
    """Return the gradient of the log posterior and its negative Hessian."""
    size = len(parameters)
    chance = _outcomes(comparisons, parameters)
    # The power of each outcome is linear in the parameters: these are the coefficients of left, right, tie.
    share = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    said = np.eye(3)[comparisons.outcome]
    places = np.stack([comparisons.left, comparisons.right, np.full(len(comparisons), size - 1)])
    gradient = np.zeros(size)
    hessian = np.zeros((size, size))
    slopes = (said - chance) @ share.T * weight[:, None]
    spread = np.einsum("ak,nk,bk->nab", share, chance, share)
    spread -= np.einsum("na,nb->nab", chance @ share.T, chance @ share.T)
    for a in range(3):
        np.add.at(gradient, places[a], slopes[:, a])
        for b in range(3):
            np.add.at(hessian, (places[a], places[b]), spread[:, a, b] * weight)
    gradient -= parameters / PRIOR_DEVIATION**2
    return gradient, hessian + np.eye(size) / PRIOR_DEVIATION**2


def _chances(comparisons: Comparisons, parameters: Floats | None) -> Floats:
    """Return the probability of what was answered under the model."""
    if parameters is None:
        parameters = _davidson(comparisons, np.ones(len(comparisons)))[1]
    chance: Floats = _outcomes(comparisons, parameters)[np.arange(len(comparisons)), comparisons.outcome]
    return chance


def _habits(comparisons: Comparisons) -> Floats:
    """Return, for each answer, how often its worker gives it, drawn to the pool's habit."""
    pool = np.bincount(comparisons.outcome, minlength=3) / len(comparisons)
    counts = np.zeros((len(comparisons.workers), 3))
    np.add.at(counts, (comparisons.worker, comparisons.outcome), 1.0)
    habit = (counts + PRIOR_ANSWERS * pool) / (counts.sum(axis=1, keepdims=True) + PRIOR_ANSWERS)
    return np.asarray(habit[comparisons.worker, comparisons.outcome], dtype=np.float64)


def _shares(comparisons: Comparisons, meant: Floats) -> Floats:
    pool = float(np.clip(meant.mean(), FLOOR, 1.0 - FLOOR))
    given = np.bincount(comparisons.worker, minlength=len(comparisons.workers))
    total = np.bincount(comparisons.worker, meant, len(comparisons.workers))
    return np.asarray((total + PRIOR_ANSWERS * pool) / (given + PRIOR_ANSWERS), dtype=np.float64)


def _unknown(comparisons: Comparisons) -> Floats:
    return np.full(len(comparisons.workers), np.nan)
