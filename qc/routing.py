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
# Answers, and how much they say beside an answer of the crowd, from which a worker is known to say little.
JUDGED_FROM: Final = 20
LITTLE: Final = 0.5
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

    Args:
        matrices: (W, K, K) of the workers, shrunk toward the crowd's.
        given: (W,) answers of each worker so far.
    """
    return np.asarray((given >= KNOWN) & (_compared(matrices, given) > 1.0))


def poor(matrices: Floats, given: Counts) -> Flags:
    """Return (W,) whose next answer is known to say less than half of what an answer of this crowd does.

    Where others can be had for the same price, nobody needs to ask them. The arguments are those of `proven`.
    """
    return np.asarray((given >= JUDGED_FROM) & (_compared(matrices, given) < LITTLE))


def _compared(matrices: Floats, given: Counts) -> Floats:
    """Return (W,) how much an answer of each says, beside an answer of this crowd on the average; 1: as much.

    Under a flat prior, so that who says what is common anyway proves nothing.
    """
    labels = matrices.shape[1]
    said = information(np.full((len(given), labels), 1.0 / labels), matrices)
    average = np.average(said, weights=given) if given.any() else 0.0
    return np.asarray(said / average) if average > 0.0 else np.ones(len(given))


def _entropy(probabilities: Floats) -> Floats:
    sure = np.maximum(probabilities, LEAST)
    return np.asarray(-(sure * np.log(sure)).sum(axis=-1))
