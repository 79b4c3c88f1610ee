"""The cautious methods by themselves; all pin the class prior to the vote shares, which no EM pass changes.

Beside the answers all take `gold`, known labels that are clamped in every step, and `history`, what the
workers did before, which counts like answers of today. They stop after `max_iterations` passes, or when no
posterior moves by more than `tolerance`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aggregation.answers import Answers
from aggregation.consensus import Consensus, Floats, popularity
from aggregation.dawid_skene import DIAGONAL, from_fit, hierarchical, shrunken
from aggregation.em import Maximise, Problem, fit
from aggregation.history import History
from aggregation.one_coin import coin
from aggregation.pairs import Pairs
from aggregation.tilted import Tilted


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

    `smoothing` is how many answers, 70 % of them right, are added to each worker's; 0 is maximum likelihood.
    """
    if smoothing < 0:
        raise ValueError(f"smoothing: {smoothing} given; it must be 0 or more")

    def step(pairs: Pairs, prior: Floats) -> Maximise:
        return coin(pairs, prior, strength=smoothing, accuracy=DIAGONAL)

    return _run("one-coin", answers, gold, history, step, max_iterations, tolerance)


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

    It counts for `strength` answers in each row, and is right with the probability `diagonal`.
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

    That counts for `strength` answers in each row; it starts from an imagined worker who is right with the
    probability `diagonal`.
    """

    def step(pairs: Pairs, prior: Floats) -> Maximise:
        return hierarchical(pairs, prior, strength=strength, diagonal=diagonal)

    return _run("dawid-skene-hierarchical", answers, gold, history, step, max_iterations, tolerance)


def dawid_skene_skill(
    answers: Answers,
    *,
    gold: Mapping[str, str] | None = None,
    history: History | None = None,
    max_iterations: int = 100,
    tolerance: float = 1e-6,
    strength: float = 8.0,
    precision: float = 4.0,
) -> Consensus:
    """Fit matrices that shrink toward the crowd's, tilted to each worker's accuracy; safe with few answers.

    The tilted matrix counts for `strength` answers in each row; `precision` is the inverse variance of the
    workers' skills, in log odds around the crowd's.
    """

    def step(pairs: Pairs, prior: Floats) -> Maximise:
        return Tilted(pairs, prior, strength=strength, precision=precision)

    return _run("dawid-skene-skill", answers, gold, history, step, max_iterations, tolerance)


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
