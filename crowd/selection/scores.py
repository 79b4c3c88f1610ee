"""How unsure a model is about each item: (items, labels) probabilities in, (items,) scores out.

A higher score is asked first. Columns are sorted before any sum, so that the order of the labels cannot
change a score in its last digit, and with it the order of two items.
"""

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]
Scores = NDArray[np.float64]


def margin(probabilities: Probabilities) -> Scores:
    """Return 1 minus the lead of the most likely label over the next; 0 with a single label."""
    if probabilities.shape[1] == 1:
        return np.zeros(len(probabilities))
    top = np.partition(probabilities, -2, axis=1)
    scores: Scores = 1 - (top[:, -1] - top[:, -2])
    return scores


def entropy(probabilities: Probabilities) -> Scores:
    """Return the entropy of each row, in nats."""
    ordered = np.sort(probabilities, axis=1)
    logs = np.log(ordered, out=np.zeros_like(ordered), where=ordered > 0)
    # Adding 0.0 turns the -0.0 of a certain row into 0.0.
    scores: Scores = -np.sum(ordered * logs, axis=1) + 0.0
    return scores


def least_confident(probabilities: Probabilities) -> Scores:
    """Return 1 minus the probability of the most likely label."""
    scores: Scores = 1 - probabilities.max(axis=1)
    return scores


def random(probabilities: Probabilities, rng: np.random.Generator) -> Scores:
    """Return a uniform draw per item, blind to the probabilities."""
    return rng.random(len(probabilities))
