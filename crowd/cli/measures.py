"""What `crowd aggregate` measures beside the labels: how far workers agree, and what each is worth."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.consensus import Consensus
from qc.agreement import krippendorff_alpha, pairwise_agreement, with_interval
from workers.quality import Quality, quality_of

# Drawing the matrices of many workers with many labels would take longer than the consensus.
MOST_CELLS = 500_000
SEED = 0


def agreement(answers: Answers) -> dict[str, Any]:
    """Return the share of pairs that agree, and alpha with its 90 % interval; None where nobody can tell."""
    found = with_interval(krippendorff_alpha, answers, rng=np.random.default_rng(SEED))
    pairs = pairwise_agreement(answers)
    return {
        "pairwise": None if np.isnan(pairs) else pairs,
        "alpha": None if np.isnan(found.value) else asdict(found),
    }


def worth(answers: Answers, consensus: Consensus, costs: NDArray[np.float64] | None) -> Quality | None:
    """Measure the workers against the consensus, unless they and the labels are too many."""
    labels = len(answers.labels)
    if labels < 2 or len(answers.workers) * labels**2 > MOST_CELLS:
        return None
    return quality_of(answers, consensus.posterior, rng=np.random.default_rng(SEED), costs=costs)
