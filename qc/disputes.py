"""Items on which good workers disagree: more answers of the same kind may not settle them, a reviewer can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GOOD = 0.7  # accuracy from which on a worker's word weighs; without any grade it does
SPLIT = 0.25  # posterior of the runner-up from which on an item is in dispute


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two labels that both have good workers behind them."""

    first: str
    second: str
    split: float  # the runner-up's posterior
    good: dict[str, int]  # good workers by label


def dispute(
    labels: Sequence[str], posterior: Sequence[float], said: Iterable[tuple[str, float | None]]
) -> Dispute | None:
    """Return what an item is disputed between, or None.

    `said` holds each answer with its worker's accuracy, None where nothing is known. An item whose
    runner-up is carried only by weak workers, or by the class shares alone, is not disputed.
    """
    if len(labels) < 2 or len(posterior) != len(labels):
        return None
    (_, first), (split, second) = sorted(zip(posterior, labels, strict=True), reverse=True)[:2]
    good = Counter(label for label, accuracy in said if accuracy is None or accuracy >= GOOD)
    if split < SPLIT or not good[first] or not good[second]:
        return None
    return Dispute(first, second, split, {label: good[label] for label in labels if good[label]})
