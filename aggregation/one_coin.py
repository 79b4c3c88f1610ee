"""The one-coin model: one accuracy per worker, errors spread evenly over the other labels."""

from __future__ import annotations

import numpy as np

from aggregation.consensus import Floats
from aggregation.dawid_skene import CLIP
from aggregation.em import Maximise
from aggregation.pairs import Pairs


def coin(pairs: Pairs, prior: Floats, *, strength: float, accuracy: float) -> Maximise:
    """Return the M step: a Beta prior on each worker's accuracy, a class prior that is not estimated."""
    labels = pairs.shape[2]
    given = pairs.by_worker(pairs.given)
    row = np.arange(len(pairs.label))

    def maximise(counts: Floats, mass: Floats) -> tuple[Floats, Floats]:  # noqa: ARG001
        right = pairs.by_worker(counts[row, pairs.label]) + strength * accuracy
        rate = np.clip(right / (given + strength), CLIP, 1.0 - CLIP) if labels > 1 else np.ones(len(given))
        table = np.repeat(((1.0 - rate) / max(labels - 1, 1))[:, None], labels, axis=1)
        table[row, pairs.label] = rate
        return table, prior

    return maximise
