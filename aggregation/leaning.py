"""Why two answers of a worker are alike: the worker leans to labels, or sees items of one class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aggregation.answers import Codes
from aggregation.consensus import Floats
from aggregation.pairs import Pairs

# How much workers of a middling crowd lean, and for how many workers that counts.
TYPICAL = 0.04
UNSEEN = 5.0
# Trust at most, and one over it at least.
MOST = 6.0
# Where so large a share of any two answers is alike, there is nothing to tell apart.
ALL_ALIKE = 1.0 - 1e-9


@dataclass(frozen=True, slots=True)
class Leaning:
    """How much more alike two answers of a worker are than any two; 1 where all of these differ."""

    own: float
    """Through the worker: what others say of the second item is less like the first answer."""
    sorting: float
    """Through the items: what others say of the second item is like the first answer, too."""
    workers: int
    """How many workers tell of it."""

    @property
    def trust(self) -> float:
        """Return how far vote shares tell class shares, 1/6 to 6; 1 where nothing tells.

        A crowd whose workers lean each their own way will lean as a whole, too.
        """
        shrunk = (self.workers * self.own + UNSEEN * TYPICAL) / (self.workers + UNSEEN)
        return float(np.clip(TYPICAL / max(shrunk, TYPICAL / MOST), 1.0 / MOST, MOST))

    @property
    def mixed(self) -> float:
        """Return how far workers see items of all classes, up to 1; who sees one only shows no matrix."""
        return TYPICAL / max(self.sorting, TYPICAL)


def leaning(pairs: Pairs) -> Leaning:
    """Measure it on items with two answers or more, of workers with two or more of these."""
    item, code = _telling(pairs)
    worker, label = pairs.worker, pairs.label
    own = np.bincount(code, minlength=len(worker)).astype(np.float64)
    given = np.bincount(worker, own, minlength=pairs.shape[1])
    workers, answers = int((given > 0).sum()), len(code)
    if workers < 2:
        return Leaning(0.0, 0.0, 0)
    others, on_the_same = _others(pairs, item, code)
    weight = 1.0 / (np.maximum(given[worker] - 1.0, 1.0) * answers)
    alike, crossed = (own * (own - 1.0)) @ weight, (own * others - on_the_same) @ weight
    chance = ((np.bincount(label, own) / answers) ** 2).sum()
    if chance > ALL_ALIKE:
        return Leaning(0.0, 0.0, 0)
    apart = 1.0 - chance
    return Leaning(float((alike - crossed) / apart), float((crossed - chance) / apart), workers)


def _telling(pairs: Pairs) -> tuple[Codes, Codes]:
    """Return the item and the pair of each answer that tells."""
    votes = np.diff(pairs.start)
    item = np.repeat(np.arange(len(votes), dtype=np.int32), votes)
    shared = votes[item] > 1
    item, code = item[shared], pairs.code[shared]
    again = np.bincount(pairs.worker[code], minlength=pairs.shape[1])[pairs.worker[code]] > 1
    return item[again], code[again]


def _others(pairs: Pairs, item: Codes, code: Codes) -> tuple[Floats, Floats]:
    """Return by pair how many others gave its label: to the worker's items, and to those where it was given.

    The others who answered an item count for one together.
    """
    from scipy import sparse

    items, workers, labels = pairs.shape
    size = np.diff(pairs.start)
    cast = (np.repeat(np.arange(items, dtype=np.int32), size), pairs.label[pairs.code])
    votes = sparse.csr_array((np.ones(len(pairs.code)), cast), shape=(items, labels))
    each = 1.0 / (size[item] - 1.0)
    heard = sparse.csr_array((each, (pairs.worker[code], item)), shape=(workers, items)) @ votes
    own = np.bincount(code, each, len(pairs.worker))
    alike = np.bincount(code, each * votes[item, pairs.label[code]], len(own))
    said = np.asarray(heard[pairs.worker, pairs.label], dtype=np.float64)
    return said - own, (alike - own).astype(np.float64)
