"""Dawid and Skene (1979): a confusion matrix per worker, by maximum likelihood or with shrunken rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aggregation.answers import Answers
from aggregation.consensus import Consensus, Floats, conclude
from aggregation.em import Fit, Maximise, Problem, fit
from aggregation.pairs import Divide, Pairs, divide_by_worker

# Observed pairs keep this much, so that no worker rules a label out for ever (the value crowd-kit uses).
CLIP = 1e-10
# Confusion matrices are dense: shown only up to this many numbers.
DENSE_LIMIT = 2_000_000
# What an unknown worker is taken for: right in 70 %.
DIAGONAL = 0.7


def dawid_skene(
    answers: Answers,
    *,
    gold: Mapping[str, str] | None = None,
    max_iterations: int = 100,
    tolerance: float = 1e-9,
    smoothing: float = 0.0,
) -> Consensus:
    """Fit the plain model: confusion matrices and class prior by EM from the soft majority vote.

    Args:
        answers: The answers.
        gold: Known labels; they are clamped in every step.
        max_iterations: Passes at most.
        tolerance: Stop when no posterior moves by more than this.
        smoothing: Answers added to every cell of every confusion matrix; 0 is maximum likelihood.
    """
    if smoothing < 0:
        raise ValueError(f"smoothing: {smoothing} given; it must be 0 or more")
    problem = Problem.of(answers, answers.codes_of(gold))
    step = plain(problem.pairs, smoothing, problem.divide)
    found = fit(problem, step, max_iterations=max_iterations, tolerance=tolerance)
    return from_fit("dawid-skene", answers, problem, found)


def plain(pairs: Pairs, smoothing: float, divide: Divide = divide_by_worker) -> Maximise:
    """Return the M step of the plain model; it turns the counts into the table, in place."""

    def maximise(counts: Floats, mass: Floats) -> tuple[Floats, Floats]:
        divide(pairs, counts, smoothing, CLIP)
        return counts, np.maximum(mass / max(mass.sum(), CLIP), CLIP)

    return maximise


def shrunken(pairs: Pairs, prior: Floats, *, strength: float, diagonal: float) -> Maximise:
    """Return the M step with Dirichlet rows of a fixed mean and a class prior that is not estimated."""
    labels = pairs.shape[2]
    right = np.arange(labels) == pairs.label[:, None]
    toward = np.where(right, diagonal, off_diagonal(diagonal, labels))

    def maximise(counts: Floats, mass: Floats) -> tuple[Floats, Floats]:  # noqa: ARG001
        return (counts + strength * toward) / (pairs.by_worker(counts) + strength), prior

    return maximise


def hierarchical(pairs: Pairs, prior: Floats, *, strength: float, diagonal: float) -> Maximise:
    """Return the M step whose rows shrink toward the confusion matrix of the whole crowd."""
    labels = pairs.shape[2]
    base = np.full((labels, labels), off_diagonal(diagonal, labels))
    np.fill_diagonal(base, diagonal)

    gather = pairs.label_sums()

    def maximise(counts: Floats, mass: Floats) -> tuple[Floats, Floats]:  # noqa: ARG001
        pooled = strength * base + gather @ counts
        toward = (pooled / pooled.sum(axis=0))[pairs.label]
        return (counts + strength * toward) / (pairs.by_worker(counts) + strength), prior

    return maximise


def off_diagonal(diagonal: float, labels: int) -> float:
    """Return the probability of each wrong label when the right one has `diagonal`."""
    return (1.0 - diagonal) / max(labels - 1, 1)


def from_fit(method: str, answers: Answers, problem: Problem, found: Fit) -> Consensus:
    """Turn a fit into a consensus."""
    return conclude(
        method,
        answers,
        found.posterior,
        matrices=matrices(problem, found),
        iterations=found.iterations,
        log_likelihood=found.log_likelihood,
    )


def matrices(problem: Problem, found: Fit) -> Floats | None:
    """Return the (W, K, K) matrices, true label first, if they are few.

    What a row has left for labels its worker never gave is spread as the whole crowd errs.
    """
    pairs = problem.pairs
    _, workers, labels = pairs.shape
    if workers * labels * labels > DENSE_LIMIT:
        return None
    if labels == 1:
        return np.ones((workers, 1, 1))
    dense = np.zeros((workers, labels, labels))
    dense[pairs.worker, :, pairs.label] = found.table
    missing = np.maximum(1.0 - dense.sum(axis=2, keepdims=True), 0.0)
    spread = np.repeat(_crowd(problem, found.posterior)[None], workers, axis=0)
    spread[pairs.worker, :, pairs.label] = 0.0
    return np.asarray(dense + missing * spread / np.maximum(spread.sum(axis=2, keepdims=True), CLIP))


def _crowd(problem: Problem, posterior: Floats) -> Floats:
    """Return the (K, K) confusion matrix of all workers together, true label first."""
    counts, _ = problem.kernel.collect(problem.arranged(posterior))
    pooled = np.asarray(problem.pairs.label_sums() @ counts).T + 1.0
    return np.asarray(pooled / pooled.sum(axis=1, keepdims=True))
