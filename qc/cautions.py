"""Signs that the labels of a set cannot be trusted, whatever the method: told with their numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aggregation.answers import UNKNOWN, Answers, Codes
from aggregation.consensus import Consensus
from qc.agreement import krippendorff_alpha
from qc.rings import rings

# Below this reliability of an item's answers together, half of what they say is chance.
UNRELIABLE = 0.5
# Items on which the method and plain majority vote may differ before the labels hang on the method.
CONTESTED = 0.15
# Share of all answers from which workers who copy each other move the labels.
RING_SHARE = 0.05
# Standard errors, and gold items, from which claimed and true accuracy are said to differ.
ERRORS, FEWEST_GOLD = 2.0, 10


@dataclass(frozen=True, slots=True)
class Caution:
    """One reason to doubt, by a short name and in a sentence."""

    name: str
    text: str


def cautions(
    answers: Answers, consensus: Consensus, majority: Consensus, *, known: Codes | None = None
) -> list[Caution]:
    """Say what in these answers no method can repair.

    Args:
        answers: The answers.
        consensus: The labels in question, concluded without the truth in `known`.
        majority: Majority vote on the same answers.
        known: (I,) true label codes, -1 where unknown.
    """
    found = [
        _unreliable(answers),
        _contested(consensus, majority),
        _copied(answers),
        None if known is None else _overclaimed(consensus, known),
    ]
    return [caution for caution in found if caution is not None]


def _unreliable(answers: Answers) -> Caution | None:
    """Look at how far the answers to one item would agree with as many others (Spearman and Brown)."""
    size = np.bincount(answers.item, minlength=len(answers.items))
    alpha, each = krippendorff_alpha(answers), float(size[size > 0].mean()) if len(answers) else 0.0
    if np.isnan(alpha):
        return None
    reliability = each * max(alpha, 0.0) / (1.0 + (each - 1.0) * max(alpha, 0.0))
    if reliability >= UNRELIABLE:
        return None
    return Caution(
        "agreement",
        f"workers hardly agree (alpha {alpha:.2f}, {each:.1f} answers an item): another {each:.1f} answers "
        f"would agree with these to {reliability:.0%}; ask clearer questions or buy more answers",
    )


def _contested(consensus: Consensus, majority: Consensus) -> Caution | None:
    answered = consensus.votes > 0
    differ = float((consensus.choice != majority.choice)[answered].mean()) if answered.any() else 0.0
    if differ < CONTESTED:
        return None
    return Caution(
        "method",
        f"{consensus.method} and majority vote differ on {differ:.0%} of the items: the labels hang on the "
        "method; some gold would tell which is right",
    )


def _copied(answers: Answers) -> Caution | None:
    found = rings(answers)
    if not found.groups or found.share < RING_SHARE:
        return None
    first, pairs = found.pairs[0], len(found.pairs)
    return Caution(
        "copies",
        f"{pairs} {'pair' if pairs == 1 else 'pairs'} of workers agree more than the truth explains, such as "
        f"{first.one} and {first.other} on {first.agreed} of {first.common} items where {first.expected:.1f} "
        f"are expected; such groups gave {found.share:.0%} of the answers, their errors are not independent "
        "and confidence is too high",
    )


def _overclaimed(consensus: Consensus, known: Codes) -> Caution | None:
    rows = np.flatnonzero((known != UNKNOWN) & (consensus.votes > 0))
    if len(rows) < FEWEST_GOLD:
        return None
    right = consensus.choice[rows] == known[rows]
    claimed, true = float(consensus.confidence[rows].mean()), float(right.mean())
    if claimed - true <= ERRORS * np.sqrt(claimed * (1.0 - claimed) / len(rows)):
        return None
    return Caution(
        "confidence",
        f"on {len(rows)} items of known truth the method claims {claimed:.0%} and is right on {true:.0%}: "
        "errors are shared, and no amount of such answers cures that; experts or gold would",
    )
