"""Post-hoc calibration: a temperature and a doubt that make confidences honest. Never used inside an EM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aggregation.answers import UNKNOWN, Codes
from aggregation.consensus import Floats

# Measured on real crowds: log T of an ensemble posterior scatters like this around the mean.
PRIOR_MEAN = 0.6
PRIOR_SD = 0.6
# Mean doubt before any gold is seen.
PRIOR_DOUBT = 0.05
STEADY = 5.0
_GRID = np.linspace(-1.5, 3.0, 181)
_DOUBTS = np.array([0.0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5])
_SPANS = np.gradient(_DOUBTS)
# As many temperatures stand for all that gold leaves possible; more change nothing that can be seen.
STRETCHES = 8
_SMALLEST = 1e-12


def temper(posterior: Floats, temperature: float) -> Floats:
    """Return rows proportional to p ** (1 / T); T > 1 is more cautious, the order within a row stays."""
    if not temperature > 0:
        raise ValueError(f"temperature: {temperature} given; it must be above 0")
    if temperature == 1.0 or not posterior.size:
        return posterior
    logits = np.log(np.maximum(posterior, _SMALLEST)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes a posterior honest: temperatures that are equally likely, each with its doubt.

    A doubt is the share of items on which the crowd errs together. No temperature cures that: all workers
    are sure of the same wrong label.
    """

    temperatures: tuple[float, ...]
    doubts: tuple[float, ...]

    @classmethod
    def at(cls, temperature: float, doubt: float = 0.0) -> Calibration:
        """Return the calibration that is sure of itself."""
        return cls((temperature,), (doubt,))

    def apply(self, posterior: Floats) -> Floats:
        """Return the posterior, tempered and mixed with as much of an even guess as there is doubt."""
        shown = np.full_like(posterior, sum(self.doubts) / max(posterior.shape[1], 1))
        for temperature, doubt in zip(self.temperatures, self.doubts, strict=True):
            shown += (1.0 - doubt) * temper(posterior, temperature)
        shown /= len(self.temperatures)
        return shown


def fit_calibration(posterior: Floats, known: Codes, *, weights: Floats | None = None) -> Calibration:
    """Return what gold leaves possible, under log T ~ Normal and doubt ~ Exponential.

    Thirty verdicts leave much possible: the mean over it is nearer the truth than the likeliest alone.

    Args:
        posterior: (I, K) posterior of a fit that did not see the gold.
        known: (I,) true label where it is known, -1 elsewhere.
        weights: (K,) what one gold item of each label counts for; 1 if not given.
    """
    rows = np.flatnonzero(known != UNKNOWN)
    truth, even = known[rows], 1.0 / max(posterior.shape[1], 1)
    each = np.ones(len(rows)) if weights is None else weights[truth]
    score = np.log(_SPANS) - _DOUBTS / PRIOR_DOUBT - 0.5 * ((_GRID[:, None] - PRIOR_MEAN) / PRIOR_SD) ** 2
    for place, log_temperature in enumerate(_GRID):
        right = temper(posterior[rows], float(np.exp(log_temperature)))[np.arange(len(rows)), truth]
        mixed = np.outer(1.0 - _DOUBTS, right) + _DOUBTS[:, None] * even
        score[place] += (np.log(np.maximum(mixed, _SMALLEST)) * each).sum(axis=1)
    return _summarised(np.exp(score - score.max()))


def _summarised(likely: Floats) -> Calibration:
    """Cut the (T, D) distribution into equally likely stretches of temperature, and take each one's means."""
    share = likely.sum(axis=1) / likely.sum()
    doubts = likely @ _DOUBTS / np.maximum(likely.sum(axis=1), _SMALLEST)
    ends = np.cumsum(share)
    cuts = np.linspace(0.0, 1.0, STRETCHES + 1)
    within = np.minimum(ends, cuts[1:, None]) - np.maximum(ends - share, cuts[:-1, None])
    within = np.maximum(within, 0.0)
    within /= within.sum(axis=1, keepdims=True)
    return Calibration(tuple(np.exp(within @ _GRID).tolist()), tuple((within @ doubts).tolist()))


def rebalance(known: Codes, shares: Floats) -> Floats:
    """Return weights by label that give gold the label shares of what it stands for; mean 1 over the gold.

    Gold is often balanced over the labels on purpose. Unweighted, it would tell how sure to be about items
    that do not exist: with one common and easy label, far too unsure. Where a label has little gold, chance
    has as much to say about its share: `STEADY` items more of each label keep the weights near 1.
    """
    counts = np.bincount(known[known != UNKNOWN], minlength=len(shares)).astype(np.float64)
    weights = (counts.sum() * shares + STEADY) / (counts + STEADY)
    total = float((weights * counts).sum())
    return weights * (counts.sum() / total) if total else np.ones_like(shares)
