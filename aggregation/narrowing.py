"""Labels nobody used: left out while a method runs, back in the result with probability 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aggregation.answers import UNKNOWN, Answers
from aggregation.consensus import Consensus, Floats


def narrow(answers: Answers, gold: Mapping[str, str] | None) -> Answers:
    """Return the answers over the labels that occur in them or in gold; all labels when none occurs.

    Left in, such a label becomes a refuge: items on which good workers contradict each other fit it best.
    """
    known = answers.codes_of(gold)
    occurs = np.zeros(len(answers.labels), dtype=bool)
    occurs[answers.label] = True
    occurs[known[known != UNKNOWN]] = True
    if occurs.all() or not occurs.any():
        return answers
    place = (np.cumsum(occurs) - 1).astype(np.int32)
    labels = tuple(name for name, used in zip(answers.labels, occurs, strict=True) if used)
    return replace(answers, label=place[answers.label], labels=labels)


def widen(consensus: Consensus, labels: tuple[str, ...]) -> Consensus:
    """Return the consensus over all labels."""
    if consensus.labels == labels:
        return consensus
    place = np.array([labels.index(name) for name in consensus.labels], dtype=np.int32)
    posterior = np.zeros((len(consensus.posterior), len(labels)))
    posterior[:, place] = consensus.posterior
    return replace(
        consensus,
        labels=labels,
        posterior=posterior,
        choice=place[consensus.choice],
        matrices=_widen_matrices(consensus.matrices, place, len(labels)),
    )


def _widen_matrices(matrices: Floats | None, place: NDArray[np.int32], labels: int) -> Floats | None:
    if matrices is None:
        return None
    # Of a label that never was the truth nothing is known: its row is flat.
    wide = np.full((len(matrices), labels, labels), 1.0 / labels)
    wide[:, place] = 0.0
    wide[:, place[:, None], place] = matrices
    return wide
