"""Dawid-Skene with Dirichlet rows and a class prior pinned to the vote shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aggregation.answers import Answers
from aggregation.consensus import Consensus, Floats, popularity
from aggregation.dawid_skene import DIAGONAL, from_fit, hierarchical, shrunken
from aggregation.em import Maximise, Problem, fit
from aggregation.history import History
from aggregation.pairs import Pairs


def dawid_skene_map(
    answers: Answers,
    *,
    gold: Mapping[str, str] | None = None,
    history: History | None = None,
    max_iterations: int = 100,
    tolerance: float = 1e-6,
    strength: float = 2.0,
    diagonal: float = DIAGONAL,
) -> Consensus:
    """Fit matrices that shrink toward one fixed matrix.

    Args:
        answers: The answers.
        gold: Known labels; they are clamped in every step.
        history: What the workers did before; it counts like answers of today.
        max_iterations: Passes at most.
        tolerance: Stop when no posterior moves by more than this.
        strength: Answers that the fixed matrix counts for in each row.
        diagonal: Its probability of a right answer.
    """

    def step(pairs: Pairs, prior: Floats) -> Maximise:
        return shrunken(pairs, prior, strength=strength, diagonal=diagonal)

    return _run("dawid-skene-map", answers, gold, history, step, max_iterations, tolerance)


def dawid_skene_hierarchical(
    answers: Answers,
    *,
    gold: Mapping[str, str] | None = None,
    history: History | None = None,
    max_iterations: int = 100,
    tolerance: float = 1e-6,
    strength: float = 2.0,
    diagonal: float = DIAGONAL,
) -> Consensus:
    """Fit matrices that shrink toward the confusion matrix of the whole crowd.

    Args:
        answers: The answers.
        gold: Known labels; they are clamped in every step.
        history: What the workers did before; it counts like answers of today.
        max_iterations: Passes at most.
        tolerance: Stop when no posterior moves by more than this.
        strength: Answers that the crowd's matrix counts for in each row.
        diagonal: Probability of a right answer of the imagined worker the crowd starts from.
    """

    def step(pairs: Pairs, prior: Floats) -> Maximise:
        return hierarchical(pairs, prior, strength=strength, diagonal=diagonal)

    return _run("dawid-skene-hierarchical", answers, gold, history, step, max_iterations, tolerance)


def _run(
    method: str,
    answers: Answers,
    gold: Mapping[str, str] | None,
    history: History | None,
    step: Callable[[Pairs, Floats], Maximise],
    max_iterations: int,
    tolerance: float,
) -> Consensus:
    problem = Problem.of(answers, answers.codes_of(gold), history=history)
    maximise = step(problem.pairs, popularity(answers))
    found = fit(problem, maximise, max_iterations=max_iterations, tolerance=tolerance)
    return from_fit(method, answers, problem, found)
