"""MACE (Hovy et al. 2013): a worker either knows the label or draws from habits of his own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.consensus import Consensus, Floats, conclude
from aggregation.em import Problem, choose_kernel
from aggregation.pairs import Pairs

# Beta and Dirichlet priors of the variational step, as in the authors' program and crowd-kit.
KNOWING_PRIOR = 0.5
HABIT_PRIOR = 10.0


@dataclass(frozen=True, slots=True)
class Competence:
    """How often each worker knows, and what comes when not; variational, so neither need sum to 1."""

    knows: Floats
    guesses: Floats
    habit: Floats
    """(P,) probability of each observed pair's label when the worker guesses."""


def mace(
    answers: Answers,
    *,
    gold: Mapping[str, str] | None = None,
    max_iterations: int = 50,
    restarts: int = 10,
    seed: int = 0,
    tolerance: float = 1e-6,
) -> Consensus:
    """Fit knowing and habits by variational EM, from several random starts, keeping the likeliest.

    Args:
        answers: The answers.
        gold: Known labels; they are clamped in every step.
        max_iterations: Passes at most, per start.
        restarts: Random starts.
        seed: Of the starts.
        tolerance: Stop a start when no posterior moves by more than this.
    """
    # Every start reads all answers again: what is worth compiling depends on all starts together.
    problem = Problem.of(answers, answers.codes_of(gold), choose_kernel(len(answers) * restarts))
    rng = np.random.default_rng(seed)
    best, likelihood, iterations = problem.kernel.start(), -np.inf, 0
    for _ in range(restarts if len(answers) else 0):
        start = random_start(problem.pairs, rng)
        found, reached, passes = climb(problem, start, max_iterations=max_iterations, tolerance=tolerance)
        iterations += passes
        if reached > likelihood:
            best, likelihood = found, reached
    best = problem.restored(best)
    best[problem.silent] = 1.0 / max(len(answers.labels), 1)
    return conclude(
        "mace", answers, best, iterations=iterations, log_likelihood=likelihood if len(answers) else 0.0
    )


def climb(
    problem: Problem, start: Competence, *, max_iterations: int, tolerance: float
) -> tuple[Floats, float, int]:
    """Iterate from one start; return the kernel's posterior, its log likelihood and the passes made."""
    labels = problem.pairs.shape[2]
    prior = np.full(labels, 1.0 / labels)
    posterior = problem.kernel.start()
    competence, likelihood, passes = start, -np.inf, 0
    while passes < max_iterations:
        step = problem.kernel.expect(_table(problem.pairs, competence), prior, posterior)
        likelihood, passes = step.log_likelihood, passes + 1
        if step.change <= tolerance:
            break
        counts, _ = problem.kernel.collect(posterior)
        competence = _maximise(problem.pairs, competence, counts)
    return posterior, likelihood, passes


def random_start(pairs: Pairs, rng: np.random.Generator) -> Competence:
    """Draw nearly even odds of knowing and nearly even habits, as the authors' program does."""
    _, workers, labels = pairs.shape
    knows = rng.uniform(1.0, 2.5, size=(workers, 2))
    habit = rng.uniform(1.0, 2.5, size=(workers, labels))
    knows /= knows.sum(axis=1, keepdims=True)
    habit /= habit.sum(axis=1, keepdims=True)
    return Competence(knows[:, 0], knows[:, 1], habit[pairs.worker, pairs.label])


def _table(pairs: Pairs, competence: Competence) -> Floats:
    """Return the probability of each pair's label by true label."""
    guessed = competence.guesses[pairs.worker] * competence.habit
    table = np.repeat(guessed[:, None], pairs.shape[2], axis=1)
    table[np.arange(len(guessed)), pairs.label] += competence.knows[pairs.worker]
    return table


def _maximise(pairs: Pairs, competence: Competence, counts: Floats) -> Competence:
    """Split each worker's answers into known and guessed ones and update both."""
    guessed = competence.guesses[pairs.worker] * competence.habit
    knows = competence.knows[pairs.worker]
    known = counts[np.arange(len(guessed)), pairs.label] * knows / (knows + guessed)
    rest = pairs.given - known
    workers = pairs.shape[1]
    knowing = np.bincount(pairs.worker, known, workers) + KNOWING_PRIOR
    guessing = np.bincount(pairs.worker, rest, workers) + KNOWING_PRIOR
    total = _strength(knowing + guessing)
    # Labels a worker never used keep their share of the prior.
    habits = np.bincount(pairs.worker, rest, workers) + HABIT_PRIOR * pairs.shape[2]
    habit = _strength(rest + HABIT_PRIOR) / _strength(habits)[pairs.worker]
    return Competence(_strength(knowing) / total, _strength(guessing) / total, habit)


def _strength(counts: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return exp(digamma(counts)): the geometric mean of a Dirichlet's weight."""
    from scipy.special import digamma

    return np.asarray(np.exp(digamma(counts)), dtype=np.float64)
