"""What a pass over the answers is: the interface of the kernels, whichever way they compute."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import Answers, Codes
from aggregation.consensus import Floats
from aggregation.history import Cells
from aggregation.pairs import Pairs


class Counted(NamedTuple):
    """What a posterior says of the answers."""

    counts: Floats
    """(P, K) expected answers of each pair by true label."""
    mass: Floats
    """(K,) expected items of each label, among the answered ones."""


class Step(NamedTuple):
    """What a new posterior says of the last one."""

    log_likelihood: float
    change: float
    """Largest change of any posterior."""


class Arranged(NamedTuple):
    """Pairs whose items stand in an order of their own."""

    pairs: Pairs
    place: NDArray[np.int64] | None = None
    """(I,) where each item stands; None if nothing was moved."""


class Passes(Protocol):
    """Passes over the answers; implementations agree to rounding error."""

    def start(self) -> Floats:
        """Return the (I, K) vote shares, gold made certain; of all answers where an item has none."""

    def collect(self, posterior: Floats) -> Counted:
        """Count a posterior."""

    def expect(self, table: Floats, prior: Floats, posterior: Floats) -> Step:
        """Overwrite the posterior with the one under `table` (P, K) and `prior` (K,)."""


class Kernel(Passes, Protocol):
    """A way to compute passes over answers in memory."""

    def __init__(self, pairs: Pairs, known: Codes) -> None: ...

    @staticmethod
    def divide(pairs: Pairs, counts: Floats, smoothing: float, clip: float) -> None:
        """Make each worker's counts into shares, as `pairs.Divide` says."""

    @staticmethod
    def lay_out(answers: Answers, past: Cells | None) -> Pairs:
        """Return the pairs of answers, as `Pairs.of` does."""

    @staticmethod
    def arrange(pairs: Pairs) -> Arranged:
        """Put the items in the order in which passes go over them fastest."""
