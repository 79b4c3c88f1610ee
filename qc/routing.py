"""Who should answer what: how much an answer is expected to say, and whose answers say more than most."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.integer]
Flags = NDArray[np.bool_]

# Answers before a worker counts as known: until then they are asked what matters least.
KNOWN: Final = 10
LEAST: Final = 1e-12


def information(posterior: Floats, matrices: Floats) -> Floats:
    """Return (N,) how much an answer is expected to say about each item, in nats.

    Args:
        posterior: (N, K) of each item.
        matrices: (N, K, K) of the worker beside it, true label first.
    """
    said = np.einsum("nk,nky->ny", posterior, matrices)
    return np.asarray(np.maximum(_entropy(said) - (posterior * _entropy(matrices)).sum(axis=1), 0.0))


def proven(matrices: Floats, given: Counts) -> Flags:
    """Return (W,) whose next answer is known to say more than an answer of this crowd does on the average.

    Judged under a flat prior, so that who says what is common anyway proves nothing.

    Args:
        matrices: (W, K, K) of the workers, shrunk toward the crowd's.
        given: (W,) answers of each worker so far.
    """
    labels = matrices.shape[1]
    if not len(given) or not given.sum():
        return np.zeros(len(given), dtype=bool)
    flat = np.full((len(given), labels), 1.0 / labels)
    said = information(flat, matrices)
    return np.asarray((given >= KNOWN) & (said > np.average(said, weights=given)))


def _entropy(probabilities: Floats) -> Floats:
    sure = np.maximum(probabilities, LEAST)
    return np.asarray(-(sure * np.log(sure)).sum(axis=-1))
