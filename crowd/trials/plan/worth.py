"""What a simulated project came to, and what another answer would be expected to gain it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers
from aggregation.consensus import Consensus
from aggregation.panel import CAUTION
from crowd.trials.plan.supply import Supply
from qc.gain import confusions, evidence, gains


@dataclass(frozen=True, slots=True)
class Bought:
    """What one simulated project came to."""

    items: int
    answers: int  # gold left out
    gold_answers: int
    judged: int  # items whose label could be judged
    right: float  # expected number of right labels among them; an item without a label is wrong
    claimed: float  # what their confidences promise
    stopped: int  # workers kept out for their answers to gold


def hold(supply: Supply, found: Consensus, *, answers: int, gold: int = 0, stopped: int = 0) -> Bought:
    """Hold labels against the truth."""
    rows = np.flatnonzero(~np.isnan(supply.belief[:, 0]))
    labeled = found.votes[rows] > 0
    return Bought(
        items=supply.items,
        answers=answers,
        gold_answers=gold,
        judged=len(rows),
        right=float((supply.belief[rows, found.choice[rows]] * labeled).sum()),
        claimed=float((found.confidence[rows] * labeled).sum()),
        stopped=stopped,
    )


def expected(answers: Answers, found: Consensus, left: NDArray[np.int64] | int) -> NDArray[np.float64]:
    """Return what another answer to each item is expected to gain, as the loop has it."""
    workers = confusions(answers, found.posterior)
    busy = np.bincount(answers.worker, minlength=len(workers)).astype(np.float64)
    return gains(
        found.posterior,
        found.votes,
        np.broadcast_to(left, found.votes.shape),
        evidence(workers).mixed(busy),
        temperature=CAUTION,
    )
