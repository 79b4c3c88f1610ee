"""The kernel for everyone: SciPy's sparse products, nothing to compile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN, Answers, Codes
from aggregation.consensus import Floats
from aggregation.history import Cells
from aggregation.kernel import Expectation, laid_out
from aggregation.pairs import Pairs, divide_by_worker

# Items whose logarithms are added at a time hold about this many numbers: as much as fits in cache.
BLOCK = 2**16


class SparseKernel:
    """Two sparse products per pass: answers x pairs to add logarithms, its transpose to collect counts."""

    def __init__(self, pairs: Pairs, known: Codes) -> None:
        from scipy import sparse

        items, _, labels = pairs.shape
        ones = np.ones(len(pairs.code))
        rows = sparse.csr_array(
            (ones, pairs.code, pairs.start.astype(np.int32)), shape=(items, len(pairs.worker))
        )
        self._transposed = rows.T.tocsr()
        step = max(BLOCK // max(labels, 1), 1)
        slices = [slice(begin, min(begin + step, items)) for begin in range(0, items, step)]
        self._blocks = [(part, rows[part], np.flatnonzero(known[part] != UNKNOWN)) for part in slices]
        self._answered = pairs.answered
        self._known = known

    @staticmethod
    def divide(pairs: Pairs, counts: Floats, smoothing: float, clip: float) -> None:
        """Make each worker's counts into shares, in place."""
        divide_by_worker(pairs, counts, smoothing, clip)

    @staticmethod
    def lay_out(answers: Answers, past: Cells | None) -> tuple[Pairs, Floats]:
        """Return the pairs and the vote shares of answers."""
        return laid_out(answers, past)

    def collect(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Return the counts and the mass of a posterior."""
        counts: Floats = np.asarray(self._transposed @ posterior)
        return counts, self._answered.astype(np.float64) @ posterior

    def expect(self, table: Floats, prior: Floats, posterior: Floats) -> Expectation:
        """Overwrite the posterior with the one under `table` and `prior`."""
        logs, log_prior = np.log(table), np.log(prior)
        likelihood, change = 0.0, 0.0
        for part, rows, gold in self._blocks:
            joint = rows @ logs
            joint += log_prior
            evidence = _normalise(joint, gold, self._known[part][gold])
            answered = self._answered[part]
            likelihood += float(evidence[answered].sum())
            moved = np.abs(joint - posterior[part])[answered]
            change = max(change, float(moved.max(initial=0.0)))
            posterior[part] = joint
        counts, mass = self.collect(posterior)
        return Expectation(counts, mass, likelihood, change)


def _normalise(joint: Floats, gold: NDArray[np.intp], label: Codes) -> Floats:
    """Turn logarithms into probabilities, in place, gold into certainty; return each row's log evidence."""
    at_gold = joint[gold, label]
    peak = joint.max(axis=1, keepdims=True)
    joint -= peak
    np.exp(joint, out=joint)
    total = joint.sum(axis=1, keepdims=True)
    joint /= total
    evidence: Floats = (peak + np.log(total))[:, 0]
    evidence[gold] = at_gold
    joint[gold] = 0.0
    joint[gold, label] = 1.0
    return evidence
