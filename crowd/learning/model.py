"""What a model is here: scikit-learn's three names, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Inputs = list[str] | Matrix
"""Texts, or an (items, columns) matrix in which nan stands for what is missing."""


class Model(Protocol):
    """Learns labels from inputs, and gives each label's probability for others."""

    @property
    def classes_(self) -> Sequence[str]:
        """The labels seen in training, in the order of the columns of `predict_proba`."""

    def fit(self, features: Inputs, labels: Sequence[str]) -> object:
        """Learn; one label per input."""

    def predict_proba(self, features: Inputs) -> Matrix:
        """Return (items, labels) probabilities; rows sum to 1."""


ModelFactory = Callable[[], Model]


def rows_of(inputs: Inputs, rows: Sequence[int]) -> Inputs:
    """Return some of the inputs, in this order."""
    if isinstance(inputs, list):
        return [inputs[row] for row in rows]
    return inputs[np.asarray(rows, dtype=np.intp)]
