"""What an item's next answer gains where it comes from the best worker left; used by bench/_replay.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aggregation.consensus import Floats
from qc.gain import Evidence, evidence, gains
from qc.routing import information

Counts = NDArray[np.integer]


def best_gains(
    posterior: Floats,
    belief: Floats,
    votes: Counts,
    left: Counts,
    matrices: Floats,
    item: Counts,
    worker: Counts,
) -> Floats:
    """Return (I,) expected gain in right labels per answer, at the hands of who says most about each item.

    Args:
        posterior: (I, K) as a consensus has it.
        belief: (I, K) the same, sobered.
        votes: (I,) answers it has read.
        left: (I,) answers that may still be bought.
        matrices: (W, K, K) of the workers, true label first.
        item: Of each answer that could be had.
        worker: Who would give it.
    """
    order = np.lexsort((-information(belief[item], matrices[worker]), item))
    rows, first = np.unique(item[order], return_index=True)
    best = worker[order][first]
    facts, found = evidence(matrices), np.zeros(len(posterior))
    theirs = Evidence(facts.drift[best], facts.spread[best])
    found[rows] = gains(posterior[rows], votes[rows], left[rows], theirs)
    return found
