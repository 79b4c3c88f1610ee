"""What a pass over the answers is: the interface of the kernels, whichever way they compute."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from aggregation.answers import Answers, Codes
from aggregation.consensus import Floats
from aggregation.history import Cells
from aggregation.pairs import Pairs
from aggregation.votes import vote_shares


class Expectation(NamedTuple):
    """What one pass over the answers yields; the posterior itself is updated in place."""

    counts: Floats
    """(P, K) expected answers of each pair by true label."""
    mass: Floats
    """(K,) expected items of each label, among the answered ones."""
    log_likelihood: float
    change: float
    """Largest change of any posterior."""


class Passes(Protocol):
    """One pass over the answers; implementations agree to rounding error."""

    def collect(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Return the counts and the mass of a posterior."""

    def expect(self, table: Floats, prior: Floats, posterior: Floats) -> Expectation:
        """Overwrite the posterior with the one under `table` (P, K) and `prior` (K,)."""


class Kernel(Passes, Protocol):
    """A way to compute passes over answers in memory."""

    def __init__(self, pairs: Pairs, known: Codes) -> None: ...

    @staticmethod
    def divide(pairs: Pairs, counts: Floats, smoothing: float, clip: float) -> None:
        """Make each worker's counts into shares, as `pairs.Divide` says."""

    @staticmethod
    def lay_out(answers: Answers, past: Cells | None) -> tuple[Pairs, Floats]:
        """Return the pairs and the (I, K) vote shares of answers."""


def laid_out(answers: Answers, past: Cells | None) -> tuple[Pairs, Floats]:
    """Lay answers out with NumPy, whatever their order."""
    return Pairs.of(answers, past), vote_shares(answers)
