"""Vote shares and majority vote: the baseline, and the start of every iterative method."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aggregation.answers import Answers
from aggregation.consensus import Consensus, Floats, clamp, conclude, popularity


def majority(answers: Answers, *, gold: Mapping[str, str] | None = None) -> Consensus:
    """Take the label most workers gave; the posterior is the share of votes."""
    return conclude("majority", answers, clamp(vote_shares(answers), answers.codes_of(gold)))


def vote_shares(answers: Answers) -> Floats:
    """Return the (I, K) share of votes; items without answers get the shares over all answers."""
    items, labels = len(answers.items), len(answers.labels)
    cell = answers.item.astype(np.int64) * labels + answers.label
    votes = np.bincount(cell, minlength=items * labels).reshape(items, labels)
    total = np.bincount(answers.item, minlength=items)
    shares: Floats = votes / np.maximum(total, 1)[:, None]
    shares[total == 0] = popularity(answers)
    return shares
