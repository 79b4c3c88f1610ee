"""Crowd's default: the average of a small family of cautious models, calibrated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from aggregation.answers import UNKNOWN, Answers, Codes
from aggregation.consensus import Consensus, Floats, clamp, conclude, popularity
from aggregation.dawid_skene import DIAGONAL, hierarchical, matrices
from aggregation.em import Fit, Maximise, Problem, fit
from aggregation.history import History
from aggregation.leaning import TYPICAL, leaning
from aggregation.one_coin import coin
from aggregation.pairs import Pairs
from aggregation.temperature import Calibration, fit_calibration, rebalance
from aggregation.tilted import Tilted

# To which power the vote shares are the class prior, and for how many answers a tilted row counts. Whether a
# label is common or workers lean to it the answers to an item cannot tell. The last one's matrices are shown.
TILTED = ((0.25, 16.0), (2.0, 16.0), (1.0, 2.0), (1.0, 16.0))
# However unlikely a prior makes the answers, it keeps this share of its weight: workers err together, too.
LEAST_WEIGHT = 0.25
PRECISION = 4.0
COIN = 4.0
COIN_POWER = 0.5
# Weights beside the mean of the tilted models, which has 1; the coin's in a crowd that leans as most do.
VOTES_WEIGHT = 0.25
COIN_WEIGHT = 0.25
# Stopping early is part of the method: later passes make a member surer of itself, not more often right.
PASSES = 8
STILL = 1e-4
# Without gold: what made claimed and true accuracy agree best over the development sets.
CAUTION = 1.8
# A worker below this informedness says nothing about the truth; judged from this many answers on.
INFORMED = 0.15
JUDGED_FROM = 8


def panel(
    answers: Answers,
    *,
    gold: Mapping[str, str] | None = None,
    history: History | None = None,
    temperature: float | None = None,
    drop_uninformative: bool = True,
) -> Consensus:
    """Average vote shares, one-coin and tilted Dawid-Skene models under several class priors; then calibrate.

    Args:
        answers: The answers.
        gold: Known labels; they are clamped in every model, and they fit the calibration.
        history: What the workers did before; it counts like answers of today.
        temperature: Of the final posterior; by default fitted from gold, or a measured constant without gold.
        drop_uninformative: Leave out workers whose answers hardly depend on the truth, if an item has others.
    """
    known = answers.codes_of(gold)
    kept = informative(answers, known, history) if drop_uninformative else answers
    problem = Problem.of(kept, known, history=history)
    posterior, last = average(problem, popularity(kept))
    calibration = Calibration.at(CAUTION if temperature is None else temperature)
    if temperature is None and (known[kept.item] != UNKNOWN).any():
        calibration = _from_gold(kept, known, history)
    return conclude(
        "panel",
        answers,
        clamp(calibration.apply(posterior), known),
        matrices=matrices(problem, last),
        iterations=last.iterations,
    )


def average(problem: Problem, shares: Floats) -> tuple[Floats, Fit]:
    """Return the weighted mean posterior of the members, and the last tilted fit.

    The less workers lean to labels, the more weight have one-coin and the steep prior, which take the vote
    shares at their word; the more they lean, the flat prior. The tilted models count less where each worker
    sees items of one class only: that tells one row of a matrix.
    """
    found = leaning(problem.pairs)
    trusted = found.trust
    tilted = [_fit(problem, step) for step in _tilted_steps(problem.pairs, shares)]
    prior = _flattened(shares, max(COIN_POWER, trusted / (1.0 + trusted)))
    one_coin = _fit(problem, coin(problem.pairs, prior, strength=COIN, accuracy=DIAGONAL))
    coin_weight = COIN_WEIGHT * trusted
    total: Floats = VOTES_WEIGHT * problem.start + coin_weight * one_coin.posterior
    for member, weight in zip(tilted, _weights(tilted, trusted), strict=True):
        total += found.mixed * weight * member.posterior
    return total / (found.mixed + VOTES_WEIGHT + coin_weight), tilted[-1]


def _weights(tilted: list[Fit], trusted: float) -> Floats:
    """Weigh each prior by how much less likely than the vote shares it makes the answers, and by trust."""
    likely = dict(zip(TILTED, (found.log_likelihood for found in tilted), strict=True))
    gains = [likely[power, strength] - likely[1.0, strength] for power, strength in TILTED]
    before = [trusted ** np.sign(power - 1.0) for power, _ in TILTED]
    weights = np.maximum(np.exp(np.minimum(gains, 0.0)), LEAST_WEIGHT) * before
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _tilted_steps(pairs: Pairs, shares: Floats) -> Iterator[Maximise]:
    for power, strength in TILTED:
        yield Tilted(pairs, _flattened(shares, power), strength=strength, precision=PRECISION)


def _flattened(shares: Floats, power: float) -> Floats:
    powers = shares**power
    return np.asarray(powers / powers.sum(), dtype=np.float64)


def _fit(problem: Problem, step: Maximise) -> Fit:
    return fit(problem, step, max_iterations=PASSES, tolerance=STILL)


def informative(answers: Answers, known: Codes, history: History | None = None) -> Answers:
    """Return the answers without those of workers who say nothing, unless an item would have none left.

    Whoever sees items of one class only cannot be told from who says nothing: then all stay.
    """
    problem = Problem.of(answers, known, history=history)
    if leaning(problem.pairs).sorting > TYPICAL:
        return answers
    found = _fit(problem, hierarchical(problem.pairs, popularity(answers), strength=2.0, diagonal=DIAGONAL))
    given = np.bincount(answers.worker, minlength=len(answers.workers))
    silent = (informedness(problem.pairs, found.table) < INFORMED) & (given >= JUDGED_FROM)
    if not silent.any():
        return answers
    keep = ~silent[answers.worker]
    left = np.bincount(answers.item[keep], minlength=len(answers.items))
    keep |= left[answers.item] == 0
    return replace(answers, item=answers.item[keep], worker=answers.worker[keep], label=answers.label[keep])


def informedness(pairs: Pairs, table: Floats) -> Floats:
    """Return each worker's chance-corrected mean diagonal: 0 if answers ignore the truth, 1 if perfect."""
    _, workers, labels = pairs.shape
    diagonal = table[np.arange(len(pairs.label)), pairs.label]
    right = np.bincount(pairs.worker, diagonal, minlength=workers)
    return np.asarray((right - 1.0) / max(labels - 1, 1), dtype=np.float64)


def _from_gold(answers: Answers, known: Codes, history: History | None) -> Calibration:
    """Calibrate on gold that was answered: an item nobody has seen says nothing about the crowd."""
    problem = Problem.of(answers, np.full_like(known, UNKNOWN), history=history)
    seen = np.where(problem.pairs.answered, known, UNKNOWN).astype(known.dtype)
    posterior, _ = average(problem, popularity(answers))
    weights = rebalance(seen, posterior[problem.pairs.answered].mean(axis=0))
    return fit_calibration(posterior, seen, weights=weights)
