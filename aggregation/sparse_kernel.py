"""The kernel for everyone: SciPy's sparse products, nothing to compile."""

from __future__ import annotations

import numpy as np

from aggregation.answers import UNKNOWN, Codes
from aggregation.consensus import Floats
from aggregation.kernel import Expectation
from aggregation.pairs import Pairs


class SparseKernel:
    """Two sparse products per pass: answers x pairs to add logarithms, its transpose to collect counts."""

    def __init__(self, pairs: Pairs, known: Codes) -> None:
        from scipy import sparse

        items = pairs.shape[0]
        ones = np.ones(len(pairs.code))
        triple = (ones, pairs.code, pairs.start.astype(np.int32))
        rows = sparse.csr_array(triple, shape=(items, len(pairs.worker)))
        self._answers = rows
        self._transposed = rows.T.tocsr()
        self._answered = pairs.answered
        self._gold = np.flatnonzero(known != UNKNOWN)
        self._gold_label = known[self._gold]

    def collect(self, posterior: Floats) -> tuple[Floats, Floats]:
        """Return the counts and the mass of a posterior."""
        counts: Floats = np.asarray(self._transposed @ posterior)
        return counts, self._answered.astype(np.float64) @ posterior

    def expect(self, table: Floats, prior: Floats, posterior: Floats) -> Expectation:
        """Overwrite the posterior with the one under `table` and `prior`."""
        joint = self._answers @ np.log(table)
        joint += np.log(prior)
        at_gold = joint[self._gold, self._gold_label]
        peak = joint.max(axis=1, keepdims=True)
        joint -= peak
        np.exp(joint, out=joint)
        total = joint.sum(axis=1, keepdims=True)
        joint /= total
        evidence = (peak + np.log(total))[:, 0]
        evidence[self._gold] = at_gold
        joint[self._gold] = 0.0
        joint[self._gold, self._gold_label] = 1.0
        change = float(np.abs(joint - posterior)[self._answered].max(initial=0.0))
        posterior[:] = joint
        counts, mass = self.collect(posterior)
        return Expectation(counts, mass, float(evidence[self._answered].sum()), change)
