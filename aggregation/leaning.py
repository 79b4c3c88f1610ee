"""How much workers lean to labels: whether a label that is often given is common, or only liked."""

from __future__ import annotations

import numpy as np

from aggregation.pairs import Pairs

# A middling crowd's correlation between two answers of one worker, and for how many workers that counts.
TYPICAL = 0.04
UNSEEN = 5.0
# Trust at most, and one over it at least.
MOST = 6.0


def trust(pairs: Pairs) -> float:
    """Return how far vote shares tell class shares, 1/6 to 6: 1 in a middling crowd, or where nothing tells.

    Workers who see items at random differ in the labels they give only by chance and by their skill, unless
    they lean to labels; and a crowd whose workers lean each their own way will lean as a whole, too.
    """
    correlation, workers = within_workers(pairs)
    shrunk = (workers * correlation + UNSEEN * TYPICAL) / (workers + UNSEEN)
    return float(np.clip(TYPICAL / max(shrunk, TYPICAL / MOST), 1.0 / MOST, MOST))


def within_workers(pairs: Pairs) -> tuple[float, int]:
    """Return the intraclass correlation of the labels a worker gives, and how many workers tell of it.

    The analysis-of-variance estimator (Donner 1986), summed over the labels; two answers of a worker do tell.
    """
    counts = np.bincount(pairs.code, minlength=len(pairs.label)).astype(np.float64)
    sizes = np.bincount(pairs.worker, counts, minlength=pairs.shape[1])
    given = sizes[pairs.worker]
    counts[given < 2] = 0.0
    sizes = sizes[sizes >= 2]
    workers, answers = len(sizes), float(sizes.sum())
    if workers < 2:
        return 0.0, 0
    own = float((counts**2 / np.maximum(given, 1.0)).sum())
    common = float((np.bincount(pairs.label, counts) ** 2).sum()) / answers
    between, within = (own - common) / (workers - 1), (answers - own) / (answers - workers)
    size = (answers - float((sizes**2).sum()) / answers) / (workers - 1)
    spread = between + (size - 1.0) * within
    return ((between - within) / spread, workers) if spread > 0 else (0.0, 0)
