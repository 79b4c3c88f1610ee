"""Who should answer what: the expected information of a worker's answer on an item, per dollar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.integer]
Flags = NDArray[np.bool_]

# Answers before a worker counts as known: until then gold, and the easy items that nobody is kept.
KNOWN: Final = 10
# No worker is kept more than this share of the items that are given out.
FAIR_SHARE: Final = 0.2
LEAST: Final = 1e-12
# Rows of a table worked on at once.
BLOCK: Final = 4096


@dataclass(frozen=True, slots=True)
class Route:
    """An item kept for a worker, and what the answer is expected to say, in nats per dollar."""

    item: int
    worker: int
    worth: float


def information(posterior: Floats, matrices: Floats) -> Floats:
    """Return (N,) how much an answer is expected to say about each item, in nats.

    Args:
        posterior: (N, K) of each item.
        matrices: (N, K, K) of the worker beside it, true label first.
    """
    said = np.einsum("nk,nky->ny", posterior, matrices)
    return np.asarray(np.maximum(_entropy(said) - (posterior * _entropy(matrices)).sum(axis=1), 0.0))


def table(posterior: Floats, matrices: Floats) -> Floats:
    """Return (I, W) how much an answer by each worker is expected to say about each item, in nats."""
    noise = _entropy(matrices)
    parts = []
    for begin in range(0, len(posterior), BLOCK):
        some = posterior[begin : begin + BLOCK]
        said = np.einsum("ik,wky->iwy", some, matrices)
        parts.append(_entropy(said) - some @ noise.T)
    return np.maximum(np.concatenate(parts), 0.0) if parts else np.zeros((0, len(matrices)))


def routes(
    posterior: Floats,
    matrices: Floats,
    *,
    given: Codes,
    may: Flags,
    capacity: Codes,
    price: Floats | float = 1.0,
    fair_share: float = FAIR_SHARE,
) -> list[Route]:
    """Keep items for the workers whose answer says most per dollar, the best first.

    A worker who is not known yet is kept nothing: the items that are left over are the easy ones, and theirs.

    Args:
        posterior: (I, K) of the items that want an answer.
        matrices: (W, K, K) of the workers, shrunk toward the crowd's.
        given: (W,) answers of each worker so far.
        may: (I, W) who may answer what.
        capacity: (W,) answers each worker is expected to have time for.
        price: Of an answer by each worker, in dollars.
        fair_share: Most of the items that one worker is kept.
    """
    worth = table(posterior, matrices) / price
    worth[~may | (given < KNOWN)[None, :]] = -1.0
    room = np.minimum(capacity, max(1, int(fair_share * len(posterior)))).astype(np.int64)
    item, worker = np.unravel_index(np.argsort(-worth, axis=None, kind="stable"), worth.shape)
    free, found = np.ones(len(posterior), dtype=bool), []
    for i, w in zip(item.tolist(), worker.tolist(), strict=True):
        if worth[i, w] <= 0.0 or not free.any():
            break
        if free[i] and room[w] > 0:
            free[i], room[w] = False, room[w] - 1
            found.append(Route(i, w, float(worth[i, w])))
    return found


def _entropy(probabilities: Floats) -> Floats:
    sure = np.maximum(probabilities, LEAST)
    return np.asarray(-(sure * np.log(sure)).sum(axis=-1))
