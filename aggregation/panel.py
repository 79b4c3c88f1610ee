"""Crowd's default: the average of a small family of cautious models, calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from aggregation.answers import UNKNOWN, Answers, Codes
from aggregation.consensus import Consensus, Floats, clamp, conclude, popularity
from aggregation.dawid_skene import hierarchical, matrices, shrunken
from aggregation.em import Fit, Maximise, Problem, fit
from aggregation.one_coin import coin
from aggregation.pairs import Pairs
from aggregation.temperature import fit_temperature, temper

DIAGONAL = 0.7
ROWS = 2.0
COIN = 4.0
# A member is averaged, not trusted: this many passes leave less than the members differ by.
PASSES = 50
STILL = 1e-4
# Without gold: what made claimed and true accuracy agree best over the development sets.
CAUTION = 1.5
# A worker below this informedness says nothing about the truth; judged from this many answers on.
INFORMED = 0.15
JUDGED_FROM = 8


def panel(
    answers: Answers,
    *,
    gold: Mapping[str, str] | None = None,
    temperature: float | None = None,
    drop_uninformative: bool = True,
) -> Consensus:
    """Average vote shares, one-coin and two shrunken Dawid-Skene models; the class prior is the vote shares.

    Args:
        answers: The answers.
        gold: Known labels; they are clamped in every model, and they fit the temperature.
        temperature: Of the final posterior; by default fitted from gold, or a measured constant without gold.
        drop_uninformative: Leave out workers whose answers hardly depend on the truth, if an item has others.
    """
    known = answers.codes_of(gold)
    kept = informative(answers, known) if drop_uninformative else answers
    posterior, last = average(kept, known)
    if temperature is None:
        temperature = _from_gold(kept, known) if (known != UNKNOWN).any() else CAUTION
    calibrated = clamp(temper(posterior, temperature), known)
    dense = _matrices_of(answers, known)
    return conclude("panel", answers, calibrated, matrices=dense, iterations=last.iterations)


def average(answers: Answers, known: Codes) -> tuple[Floats, Fit]:
    """Return the mean posterior of the members and the fit of the last one."""
    problem = Problem.of(answers, known)
    steps = members(problem.pairs, popularity(answers))
    fits = [fit(problem, step, max_iterations=PASSES, tolerance=STILL) for step in steps]
    posteriors = [problem.start, *(found.posterior for found in fits)]
    mean = np.mean(posteriors, axis=0)
    return mean, fits[-1]


def members(pairs: Pairs, prior: Floats) -> tuple[Maximise, Maximise, Maximise]:
    """Return the M steps of the fitted members."""
    return (
        coin(pairs, prior, strength=COIN, accuracy=DIAGONAL),
        shrunken(pairs, prior, strength=ROWS, diagonal=DIAGONAL),
        hierarchical(pairs, prior, strength=ROWS, diagonal=DIAGONAL),
    )


def informative(answers: Answers, known: Codes) -> Answers:
    """Return the answers without those of workers who say nothing, unless an item would have none left."""
    problem = Problem.of(answers, known)
    step = hierarchical(problem.pairs, popularity(answers), strength=ROWS, diagonal=DIAGONAL)
    found = fit(problem, step, max_iterations=PASSES, tolerance=STILL)
    given = np.bincount(answers.worker, minlength=len(answers.workers))
    silent = (informedness(problem.pairs, found.table) < INFORMED) & (given >= JUDGED_FROM)
    keep = ~silent[answers.worker]
    left = np.bincount(answers.item[keep], minlength=len(answers.items))
    keep |= left[answers.item] == 0
    return replace(answers, item=answers.item[keep], worker=answers.worker[keep], label=answers.label[keep])


def informedness(pairs: Pairs, table: Floats) -> Floats:
    """Return each worker's chance-corrected mean diagonal: 0 if answers ignore the truth, 1 if perfect."""
    _, workers, labels = pairs.shape
    right = np.bincount(pairs.worker, table[np.arange(len(pairs.label)), pairs.label], minlength=workers)
    return np.asarray((right - 1.0) / max(labels - 1, 1), dtype=np.float64)


def _from_gold(answers: Answers, known: Codes) -> float:
    blind, _ = average(answers, np.full_like(known, UNKNOWN))
    return fit_temperature(blind, known)


def _matrices_of(answers: Answers, known: Codes) -> Floats | None:
    problem = Problem.of(answers, known)
    step = hierarchical(problem.pairs, popularity(answers), strength=ROWS, diagonal=DIAGONAL)
    return matrices(problem.pairs, fit(problem, step, max_iterations=PASSES, tolerance=STILL).table)
