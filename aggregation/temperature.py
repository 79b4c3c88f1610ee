"""Post-hoc calibration: one temperature that makes confidences honest. Never used inside an EM."""

from __future__ import annotations

import numpy as np

from aggregation.answers import UNKNOWN, Codes
from aggregation.consensus import Floats

# Measured on real crowds: log T of an ensemble posterior scatters like this around the mean.
PRIOR_MEAN = np.log(2.0)
PRIOR_SD = 0.7
_GRID = np.linspace(-2.0, 4.0, 601)
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


def fit_temperature(
    posterior: Floats,
    known: Codes,
    *,
    weights: Floats | None = None,
    mean: float = PRIOR_MEAN,
    sd: float = PRIOR_SD,
) -> float:
    """Return the temperature that gold supports best, under log T ~ Normal(mean, sd).

    Args:
        posterior: (I, K) posterior of a fit that did not see the gold.
        known: (I,) true label where it is known, -1 elsewhere.
        weights: (K,) what one gold item of each label counts for; 1 if not given.
        mean: Prior mean of log T.
        sd: Prior standard deviation of log T.
    """
    rows = np.flatnonzero(known != UNKNOWN)
    logits = np.log(np.maximum(posterior[rows], _SMALLEST))
    each = np.ones(len(rows)) if weights is None else weights[known[rows]]
    score = -0.5 * ((_GRID - mean) / sd) ** 2
    for place, temperature in enumerate(np.exp(_GRID)):
        scaled = logits / temperature
        peak = scaled.max(axis=1, initial=0.0, keepdims=True)
        total = peak[:, 0] + np.log(np.exp(scaled - peak).sum(axis=1))
        score[place] += (each * (scaled[np.arange(len(rows)), known[rows]] - total)).sum()
    return float(np.exp(_GRID[score.argmax()]))


def rebalance(known: Codes, shares: Floats) -> Floats:
    """Return weights by label that give gold the label shares of what it stands for; mean 1 over the gold.

    Gold is often balanced over the labels on purpose. Unweighted, it would tell how sure to be about items
    that do not exist: with one common and easy label, far too unsure.
    """
    counts = np.bincount(known[known != UNKNOWN], minlength=len(shares)).astype(np.float64)
    weights = np.divide(shares, counts, out=np.zeros_like(shares), where=counts > 0)
    total = float((weights * counts).sum())
    return weights * (counts.sum() / total) if total else np.ones_like(shares)
