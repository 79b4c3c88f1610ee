"""Vote shares and majority vote: the baseline, and the start of every iterative method."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aggregation.answers import Answers, Codes
from aggregation.consensus import Consensus, Floats, clamp, conclude


def majority(answers: Answers, *, gold: Mapping[str, str] | None = None) -> Consensus:
    """Take the label most workers gave; the posterior is the share of votes."""
    return conclude("majority", answers, clamp(vote_shares(answers), answers.codes_of(gold)))


def vote_shares(answers: Answers) -> Floats:
    """Return the (I, K) share of votes; items without answers get the shares over all answers."""
    return shares_of(answers.item, answers.label, items=len(answers.items), labels=len(answers.labels))


def shares_of(item: Codes, label: Codes, *, items: int, labels: int) -> Floats:
    """Return what `vote_shares` does, of the item and the label of each answer."""
    cell = item.astype(np.int64) * labels + label
    votes = np.bincount(cell, minlength=items * labels).reshape(items, labels)
    total = np.bincount(item, minlength=items)
    shares: Floats = votes / np.maximum(total, 1)[:, None]
    if not total.all():
        shares[total == 0] = label_shares(label, labels)
    return shares


def label_shares(label: Codes, labels: int) -> Floats:
    """Return each label's share of all answers; uniform when there are none."""
    given = np.bincount(label, minlength=labels) if len(label) else np.ones(labels)
    return np.asarray(given / given.sum(), dtype=np.float64)
