"""Whether a model has learned anything that choosing items by it could build on."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crowd.selection.scores import Probabilities

# On fewer held-out labels even a good model's gain drowns in its standard error.
FEWEST: Final = 20


@dataclass(frozen=True, slots=True)
class Learned:
    """How much better than the class shares a model foretells labels it has not seen.

    `gain` is the mean fall of the Brier score from always answering with the class shares, in points of 2;
    `error` its standard error. Both are nan where fewer than 20 labels were held out.
    """

    items: int
    gain: float
    error: float

    @property
    def proven(self) -> bool:
        """Tell whether the gain is more than its standard error; nan is no proof."""
        return self.gain > self.error

    @property
    def reason(self) -> str:
        """Say in numbers why the model is or is not followed."""
        if self.items < FEWEST:
            return f"only {self.items} held-out labels to judge the model by, {FEWEST} are needed"
        found = f"gain {self.gain:.3f} over the class shares on {self.items} held-out labels"
        sign = "above" if self.proven else "not above"
        return f"{found}, {sign} its standard error {self.error:.3f}"


def learned(probabilities: Probabilities, labels: NDArray[np.integer]) -> Learned:
    """Score a model's held-out probabilities beside the class shares.

    The Brier score is bounded, so one item that a young model is sure about and wrong on cannot decide. The
    class shares of an item leave out its own label, as the model has not seen it either.

    Args:
        probabilities: (items, labels) by models that have not seen the item's label, of items drawn at
            random: on items chosen for their difficulty a model looks worse than it is.
        labels: (items,) the label codes that people gave.
    """
    rows, width = probabilities.shape
    if rows < FEWEST:
        return Learned(rows, float("nan"), float("nan"))
    truth = np.eye(width)[labels]
    shares = (truth.sum(axis=0) - truth + 1 / width) / rows
    gains = _brier(shares, truth) - _brier(probabilities, truth)
    return Learned(rows, float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(rows)))


def _brier(table: Probabilities, truth: Probabilities) -> NDArray[np.float64]:
    return np.asarray(np.square(table - truth).sum(axis=1))
