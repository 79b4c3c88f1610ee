"""What a pass over the answers is: the interface of the kernels, whichever way they compute."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from aggregation.answers import Codes
from aggregation.consensus import Floats
from aggregation.pairs import Pairs


class Expectation(NamedTuple):
    """What one pass over the answers yields; the posterior itself is updated in place."""

    counts: Floats
    """(P, K) expected answers of each pair by true label."""
    mass: Floats
    """(K,) expected items of each label, among the answered ones."""
    log_likelihood: float
    change: float
    """Largest change of any posterior."""


class Kernel(Protocol):
    """One pass over the answers; implementations agree to rounding error."""

    def __init__(self, pairs: Pairs, known: Codes) -> None: ...

    def collect(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Return the counts and the mass of a posterior."""

    def expect(self, table: Floats, prior: Floats, posterior: Floats) -> Expectation:
        """Overwrite the posterior with the one under `table` (P, K) and `prior` (K,)."""
